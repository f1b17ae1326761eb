//! Whether the hosts of the limits can be found. Names are looked up; nothing is called.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use futures::future::join_all;
use jobq_core::config::Config;
use jobq_core::host::{HostPattern, Named};
use jobq_core::limit::Limit;
use jobq_core::policy::address::refusal;
use jobq_core::policy::fitness::limit::private_remedy;

use super::finding::Finding;

/// For how long a name is looked up; all are at once.
const PATIENCE: Duration = Duration::from_secs(4);

/// What came of a look-up; `None` if nothing did in time.
type Answer = Option<io::Result<Vec<IpAddr>>>;

/// Looks up the hosts of every limit.
pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let hosts = || config.limits.values().flat_map(|limit| limit.hosts.iter().map(move |host| (limit, host)));
    let mut names: Vec<&str> = hosts().filter_map(|(_, host)| name(host)).collect();
    names.sort_unstable();
    names.dedup();
    let answers: BTreeMap<&str, Answer> =
        join_all(names.into_iter().map(look_up)).await.into_iter().collect();
    hosts().map(|(limit, host)| finding(limit, host, &answers)).collect()
}

async fn look_up(name: &str) -> (&str, Answer) {
    let look_up = async {
        let found = tokio::net::lookup_host((name, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    };
    (name, tokio::time::timeout(PATIENCE, look_up).await.ok())
}

fn name(host: &HostPattern) -> Option<&str> {
    match host.named() {
        Named::Name(name) => Some(name),
        Named::Address(_) | Named::Below(_) => None,
    }
}

fn finding(limit: &Limit, host: &HostPattern, answers: &BTreeMap<&str, Answer>) -> Finding {
    let subject = format!("host {host} of {}", limit.name);
    match host.named() {
        Named::Address(_) => Finding::ok(subject, "it is an address: there is nothing to look up"),
        Named::Below(name) => {
            Finding::ok(subject, format!("any name below {name} may be called: none is looked up"))
        }
        Named::Name(name) => match answers.get(name) {
            Some(Some(Ok(found))) => found_at(subject, limit, found),
            Some(Some(Err(error))) => {
                Finding::wrong(subject, format!("it can't be found: {error}"), remedy(limit, name))
            }
            Some(None) | None => {
                let what = format!("there was no answer where it is in {} s", PATIENCE.as_secs());
                Finding::look(subject, what, remedy(limit, name))
            }
        },
    }
}

/// Judges addresses as a call's connection will be: it goes to any of them that may be called.
fn found_at(subject: String, limit: &Limit, found: &[IpAddr]) -> Finding {
    let may_be_called = |address: &&IpAddr| limit.allow_private || refusal(**address).is_none();
    if let Some(address) = found.iter().find(may_be_called) {
        return Finding::ok(subject, format!("it is {address}"));
    }
    let refused = found.iter().find_map(|address| Some((address, refusal(*address)?)));
    match refused {
        Some((address, kind)) => {
            let what = format!("it is {address}, a {kind} address, and those aren't called");
            Finding::wrong(subject, what, private_remedy(limit))
        }
        None => Finding::wrong(
            subject,
            "its name has no address",
            format!("correct hosts in [limits.{}]", limit.name),
        ),
    }
}

fn remedy(limit: &Limit, name: &str) -> String {
    format!(
        "correct hosts in [limits.{}]; or see what this machine knows of it: getent hosts {name}",
        limit.name
    )
}

#[cfg(test)]
mod tests {
    //! What look-ups can come to.

    use super::*;

    fn check(hosts: &str, allow_private: bool, answer: Answer, expected: &str) {
        let text =
            format!("[limits.a]\nrate = \"5/s\"\nhosts = [\"{hosts}\"]\nallow_private = {allow_private}\n");
        let config = Config::parse("jobq.toml", &text).unwrap();
        let limit = config.limits.values().next().unwrap();
        let answers = [("api.example", answer)].into();
        let found = finding(limit, &limit.hosts[0], &answers).to_string();
        assert!(found.contains(expected), "{found}");
    }

    fn at(addresses: &[&str]) -> Answer {
        Some(Ok(addresses.iter().map(|address| address.parse().unwrap()).collect()))
    }

    #[test]
    fn each_is_told() {
        let own = "host api.example of a: ";
        let private = "-> allow_private = true in [limits.a], if it is meant";
        check("api.example", false, at(&["1.1.1.1"]), &format!("ok     {own}it is 1.1.1.1\n"));
        check("api.example", false, at(&["10.0.0.1", "1.1.1.1"]), &format!("ok     {own}it is 1.1.1.1\n"));
        check(
            "api.example",
            false,
            at(&["10.0.0.1"]),
            &format!("WRONG  {own}it is 10.0.0.1, a private address"),
        );
        check("api.example", false, at(&["10.0.0.1"]), private);
        check("api.example", true, at(&["10.0.0.1"]), &format!("ok     {own}it is 10.0.0.1\n"));
        check("api.example", false, at(&[]), &format!("WRONG  {own}its name has no address"));
        check("api.example", false, None, &format!("look   {own}there was no answer"));
        let unknown = Some(Err(io::Error::other("Name or service not known")));
        check(
            "api.example",
            false,
            unknown,
            "can't be found: Name or service not known\n       -> correct hosts in [limits.a]",
        );
        check("*.example", false, None, "ok     host *.example of a: any name below example may be called");
        check("127.0.0.1:80", true, None, "ok     host 127.0.0.1:80 of a: it is an address");
    }
}
