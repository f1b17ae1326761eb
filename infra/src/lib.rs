//! Renders one CloudFormation template from jobq.toml: text in the end, and nothing but values before.
//!
//! `template` is the whole, made of what `resource` describes under the `logical_id` of each. Each part of a stack
//! has a file of its own: where tasks wait (`queues`), the limits' documents (`ledger`), answers (`results`), the
//! programs (`function`, with what each may do in `role` and `permissions`), what wakes them (`wakes`), what is pushed at its times (`pushes`) and at
//! the ends of batches (`follow_ups`), and what people look at (`alarms`, `dashboard`, `outputs`). `fit` says what AWS would refuse, before it does.
#![warn(missing_docs)]

pub mod misfit;
pub mod outputs;
pub mod parameters;
pub mod retained;
pub mod template;

mod alarms;
mod arn;
mod autoscaler;
mod dashboard;
mod drainers;
mod fit;
mod follow_ups;
mod function;
mod ledger;
mod logical_id;
mod permissions;
mod pushes;
mod queues;
mod resource;
mod results;
mod role;
mod wakes;

use jobq_core::config::Config;
use jobq_core::limit::Limit;
use jobq_core::queue::Queue;

use misfit::Misfit;
use template::Template;

/// Renders the stack of a configuration, or says everything that AWS wouldn't take of it.
///
/// The same configuration always gives the same text. A limit without queues has no part in it.
pub fn render(config: &Config) -> Result<Template, Vec<Misfit>> {
    let mut misfits = fit::names(config);
    if !misfits.is_empty() {
        return Err(misfits);
    }
    let template = whole(config);
    misfits.extend(fit::sizes(&template));
    if misfits.is_empty() { Ok(template) } else { Err(misfits) }
}

fn whole(config: &Config) -> Template {
    let stack = &config.stack;
    let mut template = Template::new(stack);
    for queue in config.queues.values() {
        queues::add(stack, queue, &mut template);
    }
    ledger::add(stack, &mut template);
    results::add(config, &mut template);
    for (limit, queues) in drained(config) {
        drainers::add(config, limit, &queues, &mut template);
    }
    pushes::add(config, &mut template);
    autoscaler::add(config, &mut template);
    alarms::add(config, &mut template);
    dashboard::add(config, &mut template);
    outputs::add(config, &mut template);
    template
}

/// The limits that queues name, each with them.
fn drained(config: &Config) -> impl Iterator<Item = (&Limit, Vec<&Queue>)> {
    let limits =
        config.limits.values().map(|limit| (limit, config.queues_of(&limit.name).collect::<Vec<_>>()));
    limits.filter(|(_, queues)| !queues.is_empty())
}
