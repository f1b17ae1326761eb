//! A limit's drainers: one function, and the clock that starts it for queues with a schedule.

use jobq_core::config::Config;
use jobq_core::limit::Limit;
use jobq_core::policy::exporting;
use jobq_core::queue::Queue;
use jobq_core::stack::LIMIT_VARIABLE;

use crate::follow_ups;
use crate::function::{self, Function};
use crate::logical_id;
use crate::parameters::DRAINER_CODE;
use crate::permissions;
use crate::queues;
use crate::template::Template;
use crate::wakes;

/// Adds what drains `queues`, which are those of `limit`.
pub(crate) fn add(config: &Config, limit: &Limit, queues: &[&Queue], template: &mut Template) {
    let stack = &config.stack;
    let id = logical_id::drainer(&limit.name);
    let name = stack.drainer(&limit.name);
    let resource = format!("cloud.provider=aws,cloud.platform=aws_lambda,faas.name={name}");
    let mut variables = vec![(LIMIT_VARIABLE, limit.name.as_str())];
    // The headers stay in jobq.toml, which travels with the program: their secrets are put in there.
    if let Some(traces) = &stack.traces {
        variables.push((exporting::ENDPOINT, &traces.endpoint));
        variables.push((exporting::RESOURCE, &resource));
    }
    let pushed = follow_ups::pushed_by(config, queues);
    let statements = vec![
        permissions::tasks(stack, queues),
        permissions::children(stack, queues, &pushed),
        permissions::morgue(stack, queues),
        permissions::ledger(stack, limit, &pushed),
        permissions::completions(),
        permissions::waking(stack, &pushed),
        permissions::result_sink(stack, queues),
        permissions::secrets(stack, limit),
        permissions::secrets_decrypted(stack, limit),
    ];
    let drainer = Function {
        id: id.clone(),
        name: name.clone(),
        description: format!("Drains the queues of {}", limit.name),
        code: DRAINER_CODE,
        memory_mb: stack.memory_mb,
        timeout_secs: stack.timeout.as_secs(),
        reserved: reserved(limit),
        variables: &variables,
        statements,
        // An update may add lanes: new code that finds none is an error.
        after: queues
            .iter()
            .flat_map(|queue| queues::sources(stack, queue))
            .map(|source| source.id)
            .collect(),
    };
    function::add(stack, drainer, template);
    wakes::at_openings(stack, queues, &id, template);
}

/// How many may run at once to begin with. Where the autoscaler sets it later, it is the least, whatever the
/// configuration says: CloudFormation leaves alone what its template leaves alone, so an update of a stack keeps
/// what the autoscaler has set.
fn reserved(limit: &Limit) -> u32 {
    if limit.drainers.autoscale { 1 } else { limit.drainers.max.get() }
}
