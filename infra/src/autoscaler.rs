//! The function that sizes the drainers, and the clock that wakes it.

use jobq_core::config::Config;
use jobq_core::limit::Limit;

use crate::drained;
use crate::function::{self, Function};
use crate::logical_id::{self, AUTOSCALER};
use crate::parameters::AUTOSCALER_CODE;
use crate::permissions;
use crate::template::Template;
use crate::wakes;

/// It reads a few numbers and writes fewer: the least memory there is.
const MEMORY_MB: u32 = 128;

/// How long it may run: until its next tick.
const TIMEOUT_SECS: u64 = 60;

/// Two at once would undo each other's work.
const AT_ONCE: u32 = 1;

/// Adds the autoscaler.
pub(crate) fn add(config: &Config, template: &mut Template) {
    let stack = &config.stack;
    let scaled: Vec<&Limit> =
        drained(config).map(|(limit, _)| limit).filter(|limit| limit.drainers.autoscale).collect();
    let autoscaler = Function {
        id: AUTOSCALER.to_owned(),
        name: stack.autoscaler(),
        description: "Sizes the drainers of every limit".to_owned(),
        code: AUTOSCALER_CODE,
        memory_mb: MEMORY_MB,
        timeout_secs: TIMEOUT_SECS,
        reserved: AT_ONCE,
        variables: &[],
        statements: vec![
            permissions::depth(stack),
            permissions::limits(stack),
            permissions::fleet(stack, &scaled),
            permissions::never_without_cap(),
            permissions::history(),
        ],
        after: Vec::new(),
    };
    function::add(stack, autoscaler, template);
    let drainers = drained(config).map(|(limit, _)| logical_id::drainer(&limit.name));
    let looked_after = template.retained().into_iter().map(|retained| retained.id).chain(drainers).collect();
    wakes::each_minute(stack, AUTOSCALER, looked_after, template);
}
