//! Measures what a call costs: `cargo run --release --example calls -- http://127.0.0.1:8080/ 200000 100`.
//!
//! Prints CPU time a call (user and system, from /proc) and calls a second, on one thread.
#![allow(clippy::print_stdout, reason = "its figures are what it is for")]
#![allow(clippy::unwrap_used, reason = "nothing to recover: run it again")]

use std::cell::Cell;
use std::time::Duration;

use futures::future::join_all;
use jobq_adapters::clock::SystemClock;
use jobq_adapters::http::HttpTarget;
use jobq_adapters::secrets::EnvOrFileSecrets;
use jobq_core::limit::Limit;
use jobq_core::ports::clock::Clock;
use jobq_core::ports::target::Target;
use jobq_core::rate::Pace;
use jobq_core::task::Request;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, url, calls, at_once, ..] = arguments.as_slice() else {
        return println!("give a url, how many calls, and how many at once; and a header, if one is wanted");
    };
    let header = arguments.get(4).map(|value| ("x-header".to_owned(), value.clone()));
    let (calls, at_once): (u32, u32) = (calls.parse().unwrap(), at_once.parse().unwrap());
    let mut request: Request = serde_json::from_value(serde_json::json!({ "u": url })).unwrap();
    request.headers.extend(header);
    let target = target(&request);

    let (clock, left) = (SystemClock::new(), Cell::new(calls));
    let caller = async || {
        while left.get() > 0 {
            left.set(left.get() - 1);
            let reply = target.call(&request, Duration::from_secs(30), 1 << 20).await.unwrap();
            assert_eq!(reply.status, 200);
        }
    };
    let (cpu, start) = (cpu_ticks(), clock.uptime());
    join_all((0..at_once).map(|_| caller())).await;
    let seconds = (clock.uptime() - start).as_secs_f64();
    let micros = f64::from(cpu_ticks() - cpu) * 10_000.0 / f64::from(calls);
    println!("{micros:.1} us of CPU a call, {:.0} calls/s", f64::from(calls) / seconds);
}

fn target(request: &Request) -> HttpTarget<EnvOrFileSecrets> {
    let mut limit = Limit::new("bench".parse().unwrap(), Pace::Unlimited);
    let url: url::Url = request.url.parse().unwrap();
    limit.hosts = vec![url.host_str().unwrap().parse().unwrap()];
    limit.allow_private = true;
    limit.headers = vec![("accept".into(), "application/json".into())];
    if request.headers.iter().any(|(_, value)| value.contains("${secret:")) {
        limit.secrets = vec!["bench".parse().unwrap()];
    }
    HttpTarget::new(limit, EnvOrFileSecrets::new(".")).unwrap()
}

/// Hundredths of a second, user and system, that this process has used.
fn cpu_ticks() -> u32 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u32>().unwrap() + fields[12].parse::<u32>().unwrap()
}
