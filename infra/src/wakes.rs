//! What wakes functions: EventBridge rules, and the permission each has to.

use std::collections::BTreeSet;

use jobq_core::queue::Queue;
use jobq_core::stack::Stack;
use serde_json::json;

use crate::resource::Resource;
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
    let openings = queues.iter().flat_map(|queue| &queue.schedule);
    let expressions: BTreeSet<String> = openings.map(|opening| opening.expression()).collect();
    for (number, expression) in (1..).zip(&expressions) {
        let id = format!("Opening{number}{drainer}");
        template.add(&id, rule(stack, expression, &OPENING, drainer));
        template.add(permission_id(&id), permission(&id, drainer));
    }
}

fn rule(stack: &Stack, schedule: &str, patience: &Patience, function: &str) -> Resource {
    let target = json!({
        "Id": "function",
        "Arn": { "Fn::GetAtt": [function, "Arn"] },
        "RetryPolicy": {
            "MaximumEventAgeInSeconds": patience.max_age_secs,
            "MaximumRetryAttempts": patience.retries,
        },
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
        "SourceArn": { "Fn::GetAtt": [rule, "Arn"] },
    });
    Resource::new("AWS::Lambda::Permission", properties)
}

fn permission_id(rule: &str) -> String {
    format!("Permission{rule}")
}
