//! A whole template.

use std::collections::BTreeMap;
use std::fmt;

use jobq_core::stack::Stack;
use serde_json::{Value, json};

use crate::parameters;
use crate::resource::Resource;

/// A whole template. Its `Display` is the JSON that CloudFormation reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    description: String,
    resources: BTreeMap<String, Resource>,
    outputs: BTreeMap<String, Value>,
}

impl Template {
    pub(crate) fn new(stack: &Stack) -> Self {
        let description = format!("jobq: the queues, limits and drainers of {}", stack.name);
        Self { description, resources: BTreeMap::new(), outputs: BTreeMap::new() }
    }

    /// Adds a resource. Ids never meet: see `logical_id`.
    pub(crate) fn add(&mut self, id: impl Into<String>, resource: Resource) {
        self.resources.insert(id.into(), resource);
    }

    /// Adds an output.
    pub(crate) fn tell(&mut self, id: impl Into<String>, description: &str, value: Value) {
        self.outputs.insert(id.into(), json!({ "Description": description, "Value": value }));
    }

    pub(crate) fn resources(&self) -> &BTreeMap<String, Resource> {
        &self.resources
    }

    pub(crate) fn outputs(&self) -> usize {
        self.outputs.len()
    }

    /// The ids of what outlives the stack: queues, dead letters, ledger and results.
    pub fn retained(&self) -> impl Iterator<Item = &str> {
        let retained = self.resources.iter().filter(|(_, resource)| resource.is_retained());
        retained.map(|(id, _)| id.as_str())
    }

    /// The template as a value.
    pub fn to_json(&self) -> Value {
        let resources: BTreeMap<&str, Value> =
            self.resources.iter().map(|(id, resource)| (id.as_str(), resource.to_json())).collect();
        json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": self.description,
            "Parameters": parameters::all(),
            "Resources": resources,
            "Outputs": self.outputs,
        })
    }
}

/// Pretty, with the keys in order of the alphabet and a line break at the end, so that two versions compare well.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:#}", self.to_json())
    }
}
