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

/// Wakes a function every minute.
pub(crate) fn each_minute(stack: &Stack, function: &str, template: &mut Template) {
    add(stack, &format!("Tick{function}"), "rate(1 minute)", TICK, function, template);
}

/// Wakes a limit's drainer when a queue of it opens, once where several open at the same times.
pub(crate) fn at_openings(stack: &Stack, queues: &[&Queue], drainer: &str, template: &mut Template) {
    let openings = queues.iter().flat_map(|queue| &queue.schedule);
    let expressions: BTreeSet<String> = openings.map(|opening| opening.expression()).collect();
    for (number, expression) in (1..).zip(&expressions) {
        add(stack, &format!("Opening{number}{drainer}"), expression, OPENING, drainer, template);
    }
}

fn add(stack: &Stack, id: &str, schedule: &str, patience: Patience, function: &str, template: &mut Template) {
    let target = json!({
        "Id": "function",
        "Arn": { "Fn::GetAtt": [function, "Arn"] },
        "RetryPolicy": {
            "MaximumEventAgeInSeconds": patience.max_age_secs,
            "MaximumRetryAttempts": patience.retries,
        },
    });
    let rule = json!({ "ScheduleExpression": schedule, "State": "ENABLED", "Targets": [target] });
    let permission = json!({
        "Action": "lambda:InvokeFunction",
        "FunctionName": { "Ref": function },
        "Principal": "events.amazonaws.com",
        "SourceArn": { "Fn::GetAtt": [id, "Arn"] },
    });
    template.add(id, Resource::tagged("AWS::Events::Rule", stack, rule));
    template.add(format!("Permission{id}"), Resource::new("AWS::Lambda::Permission", permission));
}
