//! Whether the account has room for the stack's functions.

use jobq_adapters::aws::stack::concurrency::Concurrency;
use jobq_core::config::Config;

use super::finding::Finding;

/// What AWS leaves unreserved at least, whatever the account.
const LEAST_FLOOR: u32 = 10;

/// What AWS says it leaves unreserved; small accounts were seen to be left less.
const FLOOR: u32 = 100;

/// The autoscaler's own.
const AUTOSCALER: u32 = 1;

/// Whether what the limits' drainers may need can be reserved. `reserved` is what the stack has reserved already.
pub(super) fn concurrency(config: &Config, found: Concurrency, reserved: u32) -> Finding {
    let subject = "concurrency";
    let used = config.limits.values().filter(|limit| config.queues_of(&limit.name).next().is_some());
    let needed = used.map(|limit| limit.drainers.max.get()).sum::<u32>().saturating_add(AUTOSCALER);
    let free = found.unreserved.saturating_add(reserved);
    let told = format!(
        "the stack needs {needed} of the account's {}, of which {} aren't reserved by others",
        found.limit, free
    );
    let remedy = "lower drainers.max in jobq.toml, or: aws service-quotas request-service-quota-increase \
                  --service-code lambda --quota-code L-B99A9384 --desired-value 1000";
    if needed.saturating_add(LEAST_FLOOR) > free {
        return Finding::wrong(subject, told, remedy);
    }
    if needed.saturating_add(FLOOR) > free {
        return Finding::look(subject, format!("{told}; AWS may want {FLOOR} to stay unreserved"), remedy);
    }
    Finding::ok(subject, told)
}

#[cfg(test)]
mod tests {
    //! Accounts large and small.

    use super::*;

    fn is_wrong(limit: u32, unreserved: u32, reserved: u32) -> bool {
        let text = "[limits.a]\nrate = \"5/s\"\nhosts = [\"a.example\"]\ndrainers = { max = 8 }\n\
                    [limits.unused]\nrate = \"5/s\"\nhosts = [\"b.example\"]\ndrainers = { max = 900 }\n\
                    [queues.q]\nlimit = \"a\"\n";
        let config = Config::parse("jobq.toml", text).unwrap();
        concurrency(&config, Concurrency { limit, unreserved }, reserved).is_wrong()
    }

    #[test]
    fn a_new_account_has_nothing_to_reserve() {
        assert!(is_wrong(10, 10, 0));
        assert!(!is_wrong(1_000, 1_000, 0));
        assert!(is_wrong(1_000, 18, 0));
        assert!(!is_wrong(1_000, 18, 1));
        assert!(!is_wrong(50, 50, 0));
    }
}
