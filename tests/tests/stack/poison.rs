//! A task that kills its drainer each time ends in the dead-letter queue by SQS's own net, without those that were held
//! together with it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jobq_core::stack::MAX_RECEIVES;
use jobq_tests::world::api::Api;

use crate::bootstraps;
use crate::evidence::{all_answered, letters, urls};
use crate::stage::Stage;

#[test]
fn p1_a_task_that_kills_its_drainer_ends_in_the_dead_letter_queue_by_the_net() {
    let aws: Arc<OnceLock<String>> = Arc::default();
    let own = Arc::clone(&aws);
    // Whoever calls the poison is dead before it has an answer.
    let api = Api::start(move |path| {
        if path.ends_with("/poison")
            && let Some(url) = own.get()
        {
            bootstraps::kill_all(url);
        }
    });
    let stage = Stage::deploy(&format!(
        "[limits.api]\nrate = \"50/s\"\nhosts = [\"127.0.0.1:{}\"]\nallow_private = true\ndrainers = {{ max = 1 }}\n\
         [queues.troops]\nlimit = \"api\"\nresults = \"results\"\ntimeout = \"2s\"\nvisibility = \"4s\"\n",
        api.port
    ));
    aws.set(stage.proxy.url().to_owned()).unwrap();
    let good = urls(&format!("http://127.0.0.1:{}", api.port), "good", 40);
    let poison = format!("http://127.0.0.1:{}/poison\n", api.port);
    stage.push("troops", &format!("{poison}{good}"));
    stage.drain(Duration::from_secs(420), Some(Duration::from_secs(1)));
    let letters: Vec<String> = letters(&stage).iter().map(ToString::to_string).collect();
    assert_eq!(letters.len(), 1, "{letters:#?}");
    assert!(letters[0].contains(poison.trim_end()), "{letters:#?}");
    all_answered(&stage, &good);
    println!("dead after {MAX_RECEIVES} receives: the poison alone");
}
