//! What outlives a stack. Its names are its own, so a stack made anew can't make it a second time: it is adopted
//! by an import, with a template of nothing else, and the rest follows by an update. CloudFormation imports by itself
//! only what it can tell by a fixed name, which a queue (told by its URL) and the bucket (named after the account) are
//! not.

use crate::resource::Resource;

/// Something that outlives a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retained {
    /// What the template calls it.
    pub id: String,
    /// What CloudFormation calls its like.
    pub kind: &'static str,
    /// What it is.
    pub thing: Thing,
}

/// What outlives a stack, by what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    /// An SQS queue of this name, of tasks or of dead letters.
    Queue(String),
    /// The DynamoDB table of this name.
    Ledger(String),
    /// The stack's own bucket for results: `Stack::results_bucket` knows its name.
    Results,
}

impl Thing {
    /// The property that an import tells it by.
    pub fn identifier(&self) -> &'static str {
        match self {
            Self::Queue(_) => "QueueUrl",
            Self::Ledger(_) => "TableName",
            Self::Results => "BucketName",
        }
    }
}

/// The resource as something that outlives its stack, if it does.
pub(crate) fn retained(id: &str, resource: &Resource) -> Option<Retained> {
    let named = |property: &str| resource.properties()[property].as_str().map(str::to_owned);
    let thing = match resource.kind() {
        _ if !resource.is_retained() => return None,
        "AWS::SQS::Queue" => Thing::Queue(named("QueueName")?),
        "AWS::DynamoDB::Table" => Thing::Ledger(named("TableName")?),
        _ => Thing::Results,
    };
    Some(Retained { id: id.to_owned(), kind: resource.kind(), thing })
}
