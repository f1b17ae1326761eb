//! What a task costs in requests, counted between the programs and AWS.

use std::time::Duration;

use jobq_tests::aws::proxy::Count;
use jobq_tests::world::nginx::Nginx;

use crate::alone;
use crate::evidence::{all_answered, none_refused, urls};
use crate::stage::Stage;

const TASKS: usize = 10_000;

/// Per task, at 50 calls a second.
const MOST_SQS: f64 = 0.36;
const MOST_LEDGER_WRITES: f64 = 0.03;
const MOST_S3_PUTS: f64 = 0.002;

#[test]
fn ten_thousand_tasks_at_fifty_a_second_stay_within_their_requests() {
    let _turn = alone();
    let nginx = Nginx::limiting("50r/s", 3);
    let stage = Stage::deploy(&format!(
        "[limits.api]\nrate = \"50/s\"\nhosts = [\"127.0.0.1:{}\"]\nallow_private = true\ndrainers = {{ max = 1 }}\n\
         [queues.troops]\nlimit = \"api\"\nresults = \"results\"\n",
        nginx.port
    ));
    stage.proxy.reset();
    let urls = urls(&nginx.url(""), "troops", TASKS);
    stage.push("troops", &urls);
    // The counts are asked for past the proxy: `status` would be counted.
    let begun = std::time::Instant::now();
    while nginx.calls().len() < TASKS {
        assert!(begun.elapsed() < Duration::from_secs(420), "{} calls", nginx.calls().len());
        std::thread::park_timeout(Duration::from_secs(2));
    }
    jobq_tests::world::patience::until("everything is settled", || stage.depth("troops") == 0);
    let counts = stage.proxy.counts();
    none_refused(&nginx.calls());
    all_answered(&stage, &urls);
    for (kind, Count { requests, billed }) in &counts {
        println!("{kind}: {requests} requests, {billed} billed");
    }
    let sum = |wanted: &dyn Fn(&str, &str) -> bool| -> f64 {
        let matching = counts.iter().filter(|(kind, _)| wanted(&kind.service, &kind.action));
        matching.map(|(_, count)| count.billed as f64).sum::<f64>() / TASKS as f64
    };
    let sqs = sum(&|service, _| service == "sqs");
    let writes = sum(&|service, action| service == "dynamodb" && action != "GetItem");
    let puts = sum(&|service, action| service == "s3" && action == "PUT");
    println!("a task: {sqs:.3} SQS requests, {writes:.4} ledger writes, {puts:.4} S3 puts");
    assert!(sqs < MOST_SQS, "{sqs}");
    assert!(writes < MOST_LEDGER_WRITES, "{writes}");
    assert!(puts < MOST_S3_PUTS, "{puts}");
}
