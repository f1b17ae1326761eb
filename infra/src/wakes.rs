//! What wakes functions: EventBridge rules, each with the permission to, and for openings by the clocks of a time zone
//! EventBridge Scheduler's schedules, with a role: rules know no zone but UTC.

use std::collections::BTreeSet;

use jobq_core::opening::Opening;
use jobq_core::queue::Queue;
use jobq_core::stack::Stack;
use jobq_core::zone::Zone;
use serde_json::{Value, json};

use crate::resource::Resource;
use crate::role::{self, Statement};
use crate::template::Template;

/// How often a wake is tried again that EventBridge couldn't hand over, and how old it may become, in seconds.
struct Patience {
    retries: u32,
    max_age_secs: u32,
}

/// The next tick is a minute away: ticks that pile up in an outage help nobody.
const TICK: Patience = Patience { retries: 0, max_age_secs: 60 };

/// The next opening may be a day away, and a queue is open for a while: a late start is better than none.
const OPENING: Patience = Patience { retries: 10, max_age_secs: 900 };

/// Wakes a function every minute, from when all that the function looks after is there.
pub(crate) fn each_minute(stack: &Stack, function: &str, after: Vec<String>, template: &mut Template) {
    let id = format!("Tick{function}");
    let rule = rule(stack, "rate(1 minute)", &TICK, function);
    template.add(&id, rule.after(after));
    template.add(permission_id(&id), permission(&id, function));
}

/// Wakes a limit's drainer when a queue of it opens, once where several open at the same times.
pub(crate) fn at_openings(stack: &Stack, queues: &[&Queue], drainer: &str, template: &mut Template) {
    let openings = || queues.iter().flat_map(|queue| &queue.schedule);
    let universal = openings().filter(|opening| *opening.zone() == Zone::UTC);
    let expressions: BTreeSet<String> = universal.map(Opening::expression).collect();
    for (number, expression) in (1..).zip(&expressions) {
        let id = format!("Opening{number}{drainer}");
        template.add(&id, rule(stack, expression, &OPENING, drainer));
        template.add(permission_id(&id), permission(&id, drainer));
    }
    let zoned = openings().filter(|opening| *opening.zone() != Zone::UTC);
    let zoned: BTreeSet<(String, &str)> =
        zoned.map(|opening| (opening.expression(), opening.zone().name())).collect();
    if zoned.is_empty() {
        return;
    }
    let role = format!("RoleClock{drainer}");
    let wakes = Statement::allow("Clock", &["lambda:InvokeFunction"], vec![attribute(drainer, "Arn")]);
    template.add(&role, role::of_scheduler(stack, &[wakes]));
    for (number, (expression, zone)) in (1..).zip(&zoned) {
        template.add(format!("OpeningInZone{number}{drainer}"), schedule(expression, zone, drainer, &role));
    }
}

/// A schedule has no tags: only groups of schedules have. What it says to the function is what a rule says, as far as that
/// is read.
fn schedule(expression: &str, zone: &str, function: &str, role: &str) -> Resource {
    let properties = json!({
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "ScheduleExpression": expression,
        "ScheduleExpressionTimezone": zone,
        "State": "ENABLED",
        "Target": {
            "Arn": attribute(function, "Arn"),
            "Input": json!({ "source": "aws.scheduler" }).to_string(),
            "RetryPolicy": retry_policy(&OPENING),
            "RoleArn": attribute(role, "Arn"),
        },
    });
    Resource::new("AWS::Scheduler::Schedule", properties)
}

fn retry_policy(patience: &Patience) -> Value {
    json!({ "MaximumEventAgeInSeconds": patience.max_age_secs, "MaximumRetryAttempts": patience.retries })
}

fn attribute(id: &str, name: &str) -> Value {
    json!({ "Fn::GetAtt": [id, name] })
}

fn rule(stack: &Stack, schedule: &str, patience: &Patience, function: &str) -> Resource {
    let target = json!({
        "Id": "function",
        "Arn": attribute(function, "Arn"),
        "RetryPolicy": retry_policy(patience),
    });
    let properties = json!({ "ScheduleExpression": schedule, "State": "ENABLED", "Targets": [target] });
    Resource::tagged("AWS::Events::Rule", stack, properties)
}

/// Lets one rule, and no other, wake a function.
fn permission(rule: &str, function: &str) -> Resource {
    let properties = json!({
        "Action": "lambda:InvokeFunction",
        "FunctionName": { "Ref": function },
        "Principal": "events.amazonaws.com",
        "SourceArn": attribute(rule, "Arn"),
    });
    Resource::new("AWS::Lambda::Permission", properties)
}

fn permission_id(rule: &str) -> String {
    format!("Permission{rule}")
}
