//! Whether the stack's parts are what they should be.

use jobq_adapters::aws::stack::function::{EventsReading, FunctionReading};
use jobq_adapters::aws::stack::queue_settings::QueueSettings;
use jobq_adapters::aws::stack::rule::RuleReading;
use jobq_core::human::counted;

use super::expected::{ExpectedFunction, ExpectedQueue, Role};
use super::finding::Finding;

/// What brings a part back to what jobq.toml says.
const DEPLOY: &str = "jobq deploy";

/// How many messages of a queue may be in flight before SQS gives out no more, and says nothing: 120,000.
const MANY_IN_FLIGHT: u64 = 100_000;

/// Compares a queue.
pub(super) fn queue(expected: &ExpectedQueue, found: Option<&QueueSettings>) -> Vec<Finding> {
    let subject = format!("queue {}", expected.name);
    let Some(found) = found else {
        return vec![Finding::wrong(subject, "it isn't there", DEPLOY)];
    };
    let findings = match expected.role {
        Role::Tasks { visibility_secs, retention_secs, max_receives } => {
            let receives = found.max_receives.map_or(0, u64::from);
            let differences = [
                differs("hides received tasks for", found.visibility_secs, visibility_secs, " s"),
                differs("keeps tasks for", found.retention_secs, retention_secs, " s"),
                differs("takes a task for dead after", receives, max_receives, " receives (0: never)"),
            ];
            wrong(&subject, differences).chain(in_flight(&subject, found)).collect::<Vec<_>>()
        }
        Role::Letters { retention_secs } => {
            let differences = [differs("keeps dead letters for", found.retention_secs, retention_secs, " s")];
            wrong(&subject, differences).chain(letters(&subject, found)).collect()
        }
    };
    ok_if_none(findings, &subject)
}

/// Compares a function. `code` is the SHA-256 of the zip that would be deployed, if that is known.
pub(super) fn function(
    expected: &ExpectedFunction,
    found: Option<&FunctionReading>,
    code: Option<&str>,
) -> Vec<Finding> {
    let subject = format!("function {}", expected.name);
    let Some(found) = found else {
        return vec![Finding::wrong(subject, "it isn't there", DEPLOY)];
    };
    let events = found.events.unwrap_or(EventsReading { max_age_secs: 21_600, retries: 2 });
    let differences = [
        differs("has", found.memory_mb.into(), expected.memory_mb, " MB of memory"),
        differs("may run for", found.timeout_secs, expected.timeout_secs, " s"),
        differs("keeps events for", events.max_age_secs.into(), expected.max_age_secs, " s"),
        differs("tries events again", events.retries.into(), expected.retries, " times"),
        (found.architecture != expected.architecture).then(|| {
            format!("it runs on {}, and jobq.toml says {}", found.architecture, expected.architecture)
        }),
    ];
    let mut findings: Vec<Finding> = wrong(&subject, differences).collect();
    findings.extend(
        found
            .failed_update
            .as_ref()
            .map(|why| Finding::wrong(&subject, format!("its last change didn't take: {why}"), DEPLOY)),
    );
    findings.extend(reserved(&subject, &expected.name, found.reserved));
    if code.is_some_and(|code| code != found.code) {
        let what = "its program or jobq.toml isn't the one that is here";
        findings.push(Finding::look(&subject, what, DEPLOY));
    }
    ok_if_none(findings, &subject)
}

/// Judges a rule.
pub(super) fn rule(name: &str, found: RuleReading) -> Finding {
    clock(format!("rule {name}"), found, format!("aws events enable-rule --name {name}"))
}

/// Judges a schedule. Scheduler has no word that switches one on and changes nothing else, and a deployment of what is
/// deployed already changes nothing.
pub(super) fn schedule(name: &str, found: RuleReading) -> Finding {
    clock(
        format!("schedule {name}"),
        found,
        format!("switch {name} on in the console of EventBridge Scheduler"),
    )
}

fn clock(subject: String, found: RuleReading, switch_on: String) -> Finding {
    match found {
        RuleReading::Enabled => Finding::ok(subject, "it is switched on"),
        RuleReading::Disabled => Finding::wrong(subject, "it is switched off, and wakes nobody", switch_on),
        RuleReading::Missing => Finding::wrong(subject, "it isn't there", DEPLOY),
    }
}

/// The autoscaler sets it, so only its bounds are judged: without one, a limit could take all of the account's
/// concurrency; with none at all, events are thrown away.
fn reserved(subject: &str, name: &str, found: Option<u32>) -> Option<Finding> {
    let what = match found {
        None => "nothing bounds how many of it run at once",
        Some(0) => "none of it may run, and what wakes it is thrown away",
        Some(_) => return None,
    };
    let remedy = format!(
        "aws lambda put-function-concurrency --function-name {name} --reserved-concurrent-executions 1"
    );
    Some(Finding::wrong(subject, what, remedy))
}

fn in_flight(subject: &str, found: &QueueSettings) -> Option<Finding> {
    (found.in_flight >= MANY_IN_FLIGHT).then(|| {
        let what = format!("{} tasks are in flight, and at 120,000 SQS gives out no more", found.in_flight);
        Finding::wrong(subject, what, "have fewer drainers, or a shorter visibility: jobq.toml")
    })
}

fn letters(subject: &str, found: &QueueSettings) -> Option<Finding> {
    let count = found.visible + found.in_flight;
    (count > 0).then(|| Finding::look(subject, format!("{} died", counted(count, "task")), "jobq dlq ls"))
}

/// What differs, in words.
fn differs(what: &str, found: u64, expected: u64, unit: &str) -> Option<String> {
    (found != expected).then(|| format!("it {what} {found}{unit}, and jobq.toml says {expected}"))
}

fn wrong<const N: usize>(subject: &str, differences: [Option<String>; N]) -> impl Iterator<Item = Finding> {
    differences.into_iter().flatten().map(move |what| Finding::wrong(subject, what, DEPLOY))
}

fn ok_if_none(findings: Vec<Finding>, subject: &str) -> Vec<Finding> {
    if findings.is_empty() { vec![Finding::ok(subject, "it is what jobq.toml says")] } else { findings }
}

#[cfg(test)]
mod tests {
    //! Each thing that may differ is found, and nothing else is.

    use super::*;
    use crate::deploy::bootstraps::Program;

    fn tasks() -> ExpectedQueue {
        let role = Role::Tasks { visibility_secs: 60, retention_secs: 604_800, max_receives: 20 };
        ExpectedQueue { name: "s-q".to_owned(), role }
    }

    const QUEUE: QueueSettings = QueueSettings {
        url: String::new(),
        visibility_secs: 60,
        retention_secs: 604_800,
        max_receives: Some(20),
        visible: 7,
        in_flight: 3,
        delayed: 0,
    };

    fn drainer() -> ExpectedFunction {
        ExpectedFunction {
            name: "s-drain-a".to_owned(),
            program: Program::Drainer,
            memory_mb: 128,
            timeout_secs: 900,
            architecture: "arm64".to_owned(),
            max_age_secs: 60,
            retries: 0,
        }
    }

    fn found() -> FunctionReading {
        FunctionReading {
            memory_mb: 128,
            timeout_secs: 900,
            architecture: "arm64".to_owned(),
            code: "ab".to_owned(),
            failed_update: None,
            reserved: Some(8),
            events: Some(EventsReading { max_age_secs: 60, retries: 0 }),
        }
    }

    fn wrong_of(findings: &[Finding]) -> usize {
        findings.iter().filter(|finding| finding.is_wrong()).count()
    }

    #[test]
    fn what_is_as_it_should_be_is_well() {
        assert_eq!(wrong_of(&queue(&tasks(), Some(&QUEUE))), 0);
        assert_eq!(function(&drainer(), Some(&found()), Some("ab")).len(), 1);
        assert_eq!(wrong_of(&function(&drainer(), Some(&found()), Some("ab"))), 0);
    }

    #[test]
    fn each_difference_of_a_queue_is_wrong() {
        for other in [
            QueueSettings { visibility_secs: 30, ..QUEUE },
            QueueSettings { retention_secs: 60, ..QUEUE },
            QueueSettings { max_receives: None, ..QUEUE },
            QueueSettings { in_flight: 110_000, ..QUEUE },
        ] {
            assert_eq!(wrong_of(&queue(&tasks(), Some(&other))), 1, "{other:?}");
        }
        assert_eq!(wrong_of(&queue(&tasks(), None)), 1);
    }

    #[test]
    fn dead_letters_are_to_be_looked_at() {
        let expected =
            ExpectedQueue { name: "s-q-dlq".to_owned(), role: Role::Letters { retention_secs: 604_800 } };
        let findings = queue(&expected, Some(&QUEUE));
        assert_eq!((findings.len(), wrong_of(&findings)), (1, 0));
    }

    #[test]
    fn each_difference_of_a_function_is_wrong() {
        for other in [
            FunctionReading { memory_mb: 256, ..found() },
            FunctionReading { timeout_secs: 60, ..found() },
            FunctionReading { architecture: "x86_64".to_owned(), ..found() },
            FunctionReading { reserved: None, ..found() },
            FunctionReading { reserved: Some(0), ..found() },
            FunctionReading { failed_update: Some("no memory".to_owned()), ..found() },
            FunctionReading { events: Some(EventsReading { max_age_secs: 60, retries: 1 }), ..found() },
        ] {
            assert_eq!(wrong_of(&function(&drainer(), Some(&other), None)), 1, "{other:?}");
        }
        // Lambda's own defaults: six hours, twice.
        assert_eq!(
            wrong_of(&function(&drainer(), Some(&FunctionReading { events: None, ..found() }), None)),
            2
        );
    }

    #[test]
    fn another_program_is_to_be_looked_at() {
        let findings = function(&drainer(), Some(&found()), Some("cd"));
        assert_eq!((findings.len(), wrong_of(&findings)), (1, 0));
    }
}
