//! A task that kills its drainer each time ends in the dead-letter queue by SQS's own net, and nothing is lost.
//!
//! What a drainer holds together with it can't be told from it by SQS: such tasks may end there too, whole, and
//! are listed with it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jobq_core::stack::MAX_RECEIVES;
use jobq_tests::world::api::Api;

use crate::evidence::{answered, letters, urls};
use crate::stage::Stage;
use crate::{alone, bootstraps};

#[test]
fn p1_a_task_that_kills_its_drainer_ends_in_the_dead_letter_queue_by_the_net() {
    let _turn = alone();
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
    let is_dead = |url: &str| letters.iter().any(|letter| letter.contains(&format!("{url}\\\"")));
    assert!(is_dead(poison.trim_end()), "{letters:#?}");
    let done = answered(&stage);
    let lost: Vec<&str> = good.lines().filter(|url| !done.contains(*url) && !is_dead(url)).collect();
    assert_eq!(lost, [""; 0]);
    println!(
        "dead after {MAX_RECEIVES} receives: the poison and {} with it; {} done",
        letters.len() - 1,
        done.len()
    );
}
