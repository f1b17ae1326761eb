//! One resource of a template.

use std::collections::BTreeSet;

use jobq_core::stack::{STACK_TAG, Stack};
use serde_json::{Value, json};

/// One resource of a template.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resource {
    kind: &'static str,
    properties: Value,
    fate: Fate,
    after: Vec<String>,
}

/// What becomes of a resource when its stack is deleted or another takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It holds nothing, and nothing has to be said.
    Unsaid,
    /// It goes, though it holds something.
    Deleted,
    /// It stays. The policy for deletion doesn't cover replacement, so both are set.
    Retained,
}

impl Resource {
    /// A resource of a kind like `AWS::SQS::Queue`.
    pub(crate) fn new(kind: &'static str, properties: Value) -> Self {
        Self { kind, properties, fate: Fate::Unsaid, after: Vec::new() }
    }

    /// The same, with the stack's tag.
    pub(crate) fn tagged(kind: &'static str, stack: &Stack, mut properties: Value) -> Self {
        properties["Tags"] = json!([{ "Key": STACK_TAG, "Value": stack.name.as_str() }]);
        Self::new(kind, properties)
    }

    /// The same, outliving its stack.
    pub(crate) fn retained(self) -> Self {
        Self { fate: Fate::Retained, ..self }
    }

    /// The same, going with its stack.
    pub(crate) fn deleted(self) -> Self {
        Self { fate: Fate::Deleted, ..self }
    }

    /// The same, made after what it doesn't name but needs, and gone before it.
    pub(crate) fn after(self, ids: Vec<String>) -> Self {
        Self { after: ids, ..self }
    }

    /// The same, with another value of a property; one that it doesn't have stays unsaid.
    pub(crate) fn with(mut self, property: &str, value: Value) -> Self {
        if let Some(known) = self.properties.get_mut(property) {
            *known = value;
        }
        self
    }

    /// The same, without what it is made after but for these.
    pub(crate) fn among(&self, ids: &BTreeSet<&str>) -> Self {
        let after = self.after.iter().filter(|id| ids.contains(id.as_str())).cloned().collect();
        self.clone().after(after)
    }

    pub(crate) fn is_retained(&self) -> bool {
        self.fate == Fate::Retained
    }

    pub(crate) fn kind(&self) -> &'static str {
        self.kind
    }

    pub(crate) fn properties(&self) -> &Value {
        &self.properties
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut resource = json!({ "Type": self.kind, "Properties": self.properties });
        if !self.after.is_empty() {
            resource["DependsOn"] = json!(self.after);
        }
        let policy = match self.fate {
            Fate::Unsaid => return resource,
            Fate::Deleted => "Delete",
            Fate::Retained => "Retain",
        };
        resource["DeletionPolicy"] = json!(policy);
        resource["UpdateReplacePolicy"] = json!(policy);
        resource
    }
}
