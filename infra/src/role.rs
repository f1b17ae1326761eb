//! Roles: what a program may do, one statement a port it uses.

use jobq_core::stack::Stack;
use serde_json::{Value, json};

use crate::resource::Resource;

/// What a program may do, or may never do, with some things.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    effect: &'static str,
    sid: &'static str,
    actions: &'static [&'static str],
    things: Vec<Value>,
    condition: Option<Value>,
}

impl Statement {
    /// A port's methods, as actions on what it works with.
    pub(crate) fn allow(port: &'static str, actions: &'static [&'static str], things: Vec<Value>) -> Self {
        Self { effect: "Allow", sid: port, actions, things, condition: None }
    }

    /// What must never happen, whoever allows it.
    pub(crate) fn deny(sid: &'static str, actions: &'static [&'static str], things: Vec<Value>) -> Self {
        Self { effect: "Deny", ..Self::allow(sid, actions, things) }
    }

    /// The same, under a condition.
    pub(crate) fn under(self, condition: Value) -> Self {
        Self { condition: Some(condition), ..self }
    }

    fn to_json(&self) -> Value {
        let mut statement = json!({
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": self.actions,
            "Resource": self.things,
        });
        if let Some(condition) = &self.condition {
            statement["Condition"] = condition.clone();
        }
        statement
    }
}

/// A role that a function takes on.
pub(crate) fn of_function(stack: &Stack, statements: &[Statement]) -> Resource {
    let trust = json!({
        "Effect": "Allow",
        "Principal": { "Service": "lambda.amazonaws.com" },
        "Action": "sts:AssumeRole",
    });
    of(stack, &trust, statements)
}

/// A role that EventBridge Scheduler takes on for schedules of this account, and of no other.
pub(crate) fn of_scheduler(stack: &Stack, statements: &[Statement]) -> Resource {
    let trust = json!({
        "Effect": "Allow",
        "Principal": { "Service": "scheduler.amazonaws.com" },
        "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "aws:SourceAccount": { "Fn::Sub": "${AWS::AccountId}" } } },
    });
    of(stack, &trust, statements)
}

/// Statements about nothing are left out: IAM takes none.
fn of(stack: &Stack, trust: &Value, statements: &[Statement]) -> Resource {
    let statements = statements.iter().filter(|statement| !statement.things.is_empty());
    let statements: Vec<Value> = statements.map(Statement::to_json).collect();
    let properties = json!({
        "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [trust] },
        "Policies": [{
            "PolicyName": "ports",
            "PolicyDocument": { "Version": "2012-10-17", "Statement": statements },
        }],
    });
    Resource::tagged("AWS::IAM::Role", stack, properties)
}
