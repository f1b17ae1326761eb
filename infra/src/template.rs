//! A whole template.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jobq_core::stack::Stack;
use serde_json::{Value, json};

use crate::parameters;
use crate::resource::Resource;
use crate::retained::{self, Retained};

/// A whole template. Its `Display` is the JSON that CloudFormation reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    description: String,
    resources: BTreeMap<String, Resource>,
    outputs: BTreeMap<String, Value>,
    parameters: Value,
}

impl Template {
    pub(crate) fn new(stack: &Stack) -> Self {
        let description = format!("jobq: the queues, limits and drainers of {}", stack.name);
        let parameters = parameters::all();
        Self { description, resources: BTreeMap::new(), outputs: BTreeMap::new(), parameters }
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

    /// What outlives the stack: queues, dead letters, ledger and results.
    pub fn retained(&self) -> Vec<Retained> {
        self.resources.iter().filter_map(|(id, resource)| retained::retained(id, resource)).collect()
    }

    /// The template of these resources and nothing else, for an import of what outlived an earlier stack.
    pub fn only(&self, ids: &BTreeSet<&str>) -> Self {
        let within = self.resources.iter().filter(|(id, _)| ids.contains(id.as_str()));
        let resources = within.map(|(id, resource)| (id.clone(), resource.among(ids))).collect();
        Self {
            description: self.description.clone(),
            resources,
            outputs: BTreeMap::new(),
            parameters: json!({}),
        }
    }

    /// The same, with a property of a resource as it is and not as it is to be; one that isn't said stays unsaid.
    pub fn with(mut self, id: &str, property: &str, value: impl Into<Value>) -> Self {
        if let Some(resource) = self.resources.remove(id) {
            self.resources.insert(id.to_owned(), resource.with(property, value.into()));
        }
        self
    }

    /// The template as a value.
    pub fn to_json(&self) -> Value {
        let resources: BTreeMap<&str, Value> =
            self.resources.iter().map(|(id, resource)| (id.as_str(), resource.to_json())).collect();
        let mut template = json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": self.description,
            "Resources": resources,
        });
        // CloudFormation takes a section that isn't there, but no empty one.
        for (section, content) in [("Parameters", self.parameters.clone()), ("Outputs", json!(self.outputs))]
        {
            if content != json!({}) {
                template[section] = content;
            }
        }
        template
    }
}

/// Pretty, with the keys in order of the alphabet and a line break at the end, so that two versions compare well.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:#}", self.to_json())
    }
}
