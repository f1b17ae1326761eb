//! Recurring pushes: schedules of EventBridge Scheduler that put a task into a queue. No program runs for it.
//!
//! Scheduler and not a rule, also for times in UTC: it alone can write the time it was to come at into what it sends, and
//! the task's id follows from that time, so that what is sent twice is one task.

use jobq_core::config::Config;
use jobq_core::firing;
use jobq_core::policy::recurrence::LATEST;
use jobq_core::recurring::{RecurringPush, What};
use jobq_core::task::Priority;
use serde_json::{Value, json};

use crate::arn;
use crate::logical_id;
use crate::misfit::Misfit;
use crate::resource::Resource;
use crate::role::{self, Statement};
use crate::template::Template;

/// The role that all of them are sent by.
const ROLE: &str = "RolePushes";

/// What Scheduler puts the time in for.
const TIME: &str = "<aws.scheduler.scheduled-time>";

/// The most there is: how late a push may come is said by its age.
const RETRIES: u32 = 185;

/// What no stack can push: it has no files.
pub(crate) fn misfits(config: &Config) -> Vec<Misfit> {
    let misfit = |push: &RecurringPush| match &push.what {
        What::Url(_) => None,
        What::File(path) => Some(Misfit::new(
            format!(
                "pushes.{}.file: on AWS nobody has the file '{}' when its time comes",
                push.name,
                path.display()
            ),
            format!(
                "write a url there, or leave it out and have your own clock type: jobq push {} {}",
                push.queue,
                path.display()
            ),
        )),
    };
    config.pushes.values().filter_map(misfit).collect()
}

/// Adds the schedules, and the role that may send to their queues and do nothing else.
pub(crate) fn add<'a>(config: &'a Config, template: &mut Template) {
    let with_url = |push: &'a RecurringPush| match &push.what {
        What::Url(url) => Some((push, url.as_str())),
        What::File(_) => None,
    };
    let pushes: Vec<(&RecurringPush, &str)> = config.pushes.values().filter_map(with_url).collect();
    let mut queues: Vec<_> = pushes.iter().map(|(push, _)| &push.queue).collect();
    queues.sort();
    queues.dedup();
    if queues.is_empty() {
        return;
    }
    let queues: Vec<Value> = queues.into_iter().map(|queue| arn::queue(&config.stack.queue(queue))).collect();
    let sends = Statement::allow("Pushes", &["sqs:SendMessage"], queues);
    template.add(ROLE, role::of_scheduler(&config.stack, &[sends]));
    for (push, url) in pushes {
        // After the drainers that can read it: those of an older version can't.
        let drainer = config.queues.get(&push.queue).map(|queue| logical_id::drainer(&queue.limit));
        template.add(logical_id::push(&push.name), schedule(push, url).after(drainer.into_iter().collect()));
    }
}

fn schedule(push: &RecurringPush, url: &str) -> Resource {
    let properties = json!({
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "ScheduleExpression": push.times.expression(),
        "ScheduleExpressionTimezone": push.times.zone().name(),
        "State": "ENABLED",
        "Target": {
            "Arn": { "Fn::GetAtt": [logical_id::lane(&push.queue, Priority::Normal), "Arn"] },
            "Input": firing::message(&push.name, url, TIME),
            "RetryPolicy": { "MaximumEventAgeInSeconds": LATEST.as_secs(), "MaximumRetryAttempts": RETRIES },
            "RoleArn": { "Fn::GetAtt": [ROLE, "Arn"] },
        },
    });
    Resource::new("AWS::Scheduler::Schedule", properties)
}
