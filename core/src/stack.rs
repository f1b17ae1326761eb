//! A stack: everything of jobq that lies in one AWS account, and what its parts are called.
//!
//! Parts have names of their own rather than generated ones, so that a laptop finds a queue by its name
//! alone, and so that a stack made anew takes up what a deleted one left behind.

use std::time::Duration;

use crate::name::{LimitName, QueueName, SecretName, StackName};
use crate::task::Priority;

/// The longest name SQS takes.
pub const MAX_QUEUE_NAME: usize = 80;

/// The longest name Lambda takes.
pub const MAX_FUNCTION_NAME: usize = 64;

/// The longest name S3 takes.
pub const MAX_BUCKET_NAME: usize = 63;

/// What SQS makes a message wait at most.
pub const LONGEST_DELAY: Duration = Duration::from_secs(900);

/// How long a queue keeps a task: a retry is a new copy, so only one that nobody receives is ever as old as this.
pub const TASK_RETENTION: Duration = Duration::from_secs(7 * 86_400);

/// How long a dead letter is kept: the longest SQS can. A task that SQS itself moved has its time on the queue
/// taken off, so this must be well above what the queue keeps tasks for.
pub const LETTER_RETENTION: Duration = Duration::from_secs(14 * 86_400);

/// After how many receives SQS itself takes a task for dead: the net under a task that kills its drainer each time.
///
/// SQS counts every receive, those that led to no call among them, so this is well above what is normal. Attempts
/// don't count here: a retry is a new copy, which begins at none.
pub const MAX_RECEIVES: u32 = 20;

/// The environment variable that tells a drainer's function which limit it is of.
pub const LIMIT_VARIABLE: &str = "JOBQ_LIMIT";

/// The tag that says which stack something is of, on everything that can have tags.
pub const STACK_TAG: &str = "jobq:stack";

/// The tag on queues that `jobq run` made beside the stack's own: which stack they go by.
pub const RUN_TAG: &str = "jobq:run";

/// The settings of a stack, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// What it is called, and its parts after it.
    pub name: StackName,
    /// The region it lies in; the environment's or profile's if none is set.
    pub region: Option<String>,
    /// The processor its functions run on.
    pub architecture: Architecture,
    /// The memory of a drainer, in MB (128 to 10,240). Processing power comes with it.
    pub memory_mb: u32,
    /// How long one drainer may run (60 s to 15 min).
    pub timeout: Duration,
    /// How long logs are kept, in days: one of the lengths CloudWatch knows.
    pub log_days: u32,
    /// How long results are kept in the stack's bucket, in days; for ever if not set.
    pub result_days: Option<u32>,
    /// Where secrets' values are kept.
    pub secrets: SecretStore,
    /// Whether tasks are sent with their batch as message group, by which SQS serves batches of a lane in fair order.
    pub fair_queues: bool,
    /// The SNS topic that alarms go to, if any.
    pub alarm_topic: Option<String>,
    /// Where drainers send traces, if anywhere.
    pub traces: Option<Traces>,
}

/// Where a stack's drainers send traces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traces {
    /// A url of http or https without a user, a query and a fragment; `/v1/traces` is put behind it.
    pub endpoint: String,
    /// Headers of every request, names in lower case; a value names secrets as `${secret:NAME}`.
    pub headers: Vec<(String, String)>,
    /// The secrets that the headers name, each once.
    pub secrets: Vec<SecretName>,
}

/// A processor that functions can run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Architecture {
    /// The cheaper one.
    #[default]
    Arm64,
    /// The other one.
    X86,
}

/// Where secrets' values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SecretStore {
    /// SSM Parameter Store: costs nothing.
    #[default]
    ParameterStore,
    /// Secrets Manager: rotates values.
    SecretsManager,
}

impl Default for Stack {
    #[allow(clippy::expect_used, reason = "the word is a good name")]
    fn default() -> Self {
        Self {
            name: "jobq".parse().expect("the word is a good name"),
            region: None,
            architecture: Architecture::default(),
            memory_mb: 128,
            timeout: Duration::from_secs(900),
            log_days: 14,
            result_days: None,
            secrets: SecretStore::default(),
            fair_queues: false,
            alarm_topic: None,
            traces: None,
        }
    }
}

impl Stack {
    /// The SQS queue of a queue's lane `normal`, after which those of its other lanes are called.
    pub fn queue(&self, queue: &QueueName) -> String {
        format!("{}-{}", self.name, plain(queue.as_str()))
    }

    /// The SQS queue of a lane.
    pub fn lane(&self, queue: &QueueName, lane: Priority) -> String {
        match lane {
            Priority::Normal => self.queue(queue),
            Priority::High | Priority::Bulk => format!("{}-{}", self.queue(queue), lane.as_str()),
        }
    }

    /// The SQS queues of all lanes of a queue, the most urgent first.
    pub fn lanes(&self, queue: &QueueName) -> [String; Priority::ALL.len()] {
        Priority::ALL.map(|lane| self.lane(queue, lane))
    }

    /// The SQS queue of a queue's dead letters, whichever lane they were in.
    pub fn dead_letter_queue(&self, queue: &QueueName) -> String {
        format!("{}-dlq", self.queue(queue))
    }

    /// The function that drains the queues of a limit.
    pub fn drainer(&self, limit: &LimitName) -> String {
        format!("{}-drain-{}", self.name, plain(limit.as_str()))
    }

    /// The function that sizes the drainers.
    pub fn autoscaler(&self) -> String {
        format!("{}-autoscaler", self.name)
    }

    /// The DynamoDB table of limits' documents and batches' counts.
    pub fn ledger(&self) -> String {
        format!("{}-ledger", self.name)
    }

    /// The bucket results go to. Bucket names are shared by the whole world, so they hold account and region.
    pub fn results_bucket(&self, account: &str, region: &str) -> String {
        format!("{}-results-{account}-{region}", self.name)
    }

    /// The bucket that holds the functions' code.
    pub fn artifacts_bucket(&self, account: &str, region: &str) -> String {
        format!("{}-artifacts-{account}-{region}", self.name)
    }

    /// What a secret is called where its value is kept.
    pub fn secret(&self, name: &SecretName) -> String {
        match self.secrets {
            SecretStore::ParameterStore => format!("/{}/{name}", self.name),
            SecretStore::SecretsManager => format!("{}/{name}", self.name),
        }
    }
}

impl Architecture {
    /// Lambda's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86 => "x86_64",
        }
    }
}

/// A name without dots, which neither SQS nor Lambda takes.
fn plain(name: &str) -> String {
    name.replace('.', "_")
}
