//! What a deployed stack tells: where its queues, results and functions are.

use jobq_core::config::Config;
use jobq_core::name::{LimitName, QueueName};
use jobq_core::task::Priority;
use serde_json::json;

use crate::drained;
use crate::logical_id::{self, AUTOSCALER, LEDGER, RESULTS};
use crate::results;
use crate::template::Template;

/// The name of the ledger's table.
pub const LEDGER_TABLE: &str = "LedgerTable";

/// The name of the stack's own bucket for results, where it has one.
pub const RESULTS_BUCKET: &str = "ResultsBucket";

/// The name of the autoscaler's function.
pub const AUTOSCALER_FUNCTION: &str = "AutoscalerFunction";

/// The output that holds the URL of a queue's lane `normal`; the other lanes are told by their names, which begin alike.
pub fn queue_url(queue: &QueueName) -> String {
    format!("Url{}", logical_id::lane(queue, Priority::Normal))
}

/// The output that holds the URL of a queue's dead letters.
pub fn dead_letter_queue_url(queue: &QueueName) -> String {
    format!("Url{}", logical_id::letters(queue))
}

/// The output that holds the name of a limit's function.
pub fn drainer_function(limit: &LimitName) -> String {
    format!("Function{}", logical_id::drainer(limit))
}

/// Adds all outputs.
pub(crate) fn add(config: &Config, template: &mut Template) {
    for name in config.queues.keys() {
        let (queue, letters) = (logical_id::lane(name, Priority::Normal), logical_id::letters(name));
        template.tell(queue_url(name), &format!("The lane normal of {name}"), json!({ "Ref": queue }));
        let described = format!("The dead letters of {name}");
        template.tell(dead_letter_queue_url(name), &described, json!({ "Ref": letters }));
    }
    for (limit, _) in drained(config) {
        let drainer = json!({ "Ref": logical_id::drainer(&limit.name) });
        template.tell(drainer_function(&limit.name), &format!("The drainer of {}", limit.name), drainer);
    }
    template.tell(LEDGER_TABLE, "The limits' documents and the batches' counts", json!({ "Ref": LEDGER }));
    template.tell(AUTOSCALER_FUNCTION, "The autoscaler", json!({ "Ref": AUTOSCALER }));
    if results::needed(config) {
        template.tell(RESULTS_BUCKET, "What the APIs answered", json!({ "Ref": RESULTS }));
    }
}
