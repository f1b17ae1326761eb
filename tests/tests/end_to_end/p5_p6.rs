//! P5: a task calls only where it may. P6: a secret's value stays out of everything that is kept or said.

use std::path::{Path, PathBuf};

use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{Ended, jobq, run};
use jobq_tests::world::nginx::Nginx;

/// A project whose limit covers `host`; loopback is allowed, so that only the host decides.
fn project(host: &str) -> Folder {
    let folder = Folder::new();
    folder.file(
        "jobq.toml",
        format!(
            "[limits.api]\nrate = \"50/s\"\nhosts = [\"{host}\"]\nallow_private = true\n\
             [queues.calls]\nlimit = \"api\"\nresults = \"results.jsonl\"\n"
        ),
    );
    folder
}

fn push_and_drain(folder: &Folder, urls: &str) -> Ended {
    folder.file("calls.txt", urls);
    run(folder.path(), ["push", "calls", "calls.txt"]).with_code(0);
    run(folder.path(), ["drain", "--until-empty", "--json"])
}

/// Reason and detail of every dead letter, oldest first.
fn letters(folder: &Folder) -> Vec<(String, String)> {
    let listed = run(folder.path(), ["dlq", "ls", "--json"]).with_code(0);
    let letter = |line: &str| {
        let letter: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| letter["dead"][key].as_str().unwrap().to_owned();
        (text("reason"), text("detail"))
    };
    listed.stdout.lines().map(letter).collect()
}

#[test]
fn p5_a_host_that_the_limit_does_not_cover_is_not_called() {
    let api = Nginx::open("");
    let folder = project("api.example");
    push_and_drain(&folder, &api.urls(3)).with_code(3);
    assert_eq!(api.calls(), []);
    for (reason, detail) in letters(&folder) {
        assert_eq!(reason, "forbidden");
        assert!(detail.contains("doesn't cover 127.0.0.1"), "{detail}");
    }
}

#[test]
fn p5_another_port_of_the_host_is_not_called() {
    let (api, other) = (Nginx::open(""), Nginx::open(""));
    let folder = project(&format!("127.0.0.1:{}", api.port));
    push_and_drain(&folder, &format!("{}{}", api.urls(1), other.urls(1))).with_code(3);
    assert_eq!((api.calls().len(), other.calls().len()), (1, 0));
}

#[test]
fn p5_a_redirect_is_followed_where_the_limit_reaches_and_no_further() {
    let other = Nginx::open("");
    let away = format!("location /away {{ return 302 {}; }}", other.url("/landed"));
    let api = Nginx::open(&format!("{away} location /near {{ return 302 /landed; }}"));
    let folder = project(&format!("127.0.0.1:{}", api.port));
    let urls = format!("{}\n{}\n", api.url("/near"), api.url("/away"));
    push_and_drain(&folder, &urls).with_code(3);

    let mut paths: Vec<_> = api.calls().into_iter().map(|call| call.path).collect();
    paths.sort();
    assert_eq!(paths, ["/away", "/landed", "/near"]);
    assert_eq!(other.calls(), [], "the redirect was followed to a host that isn't covered");
    let told = letters(&folder);
    assert_eq!((told.len(), told[0].0.as_str()), (1, "forbidden"), "{told:?}");
}

/// Every way to write a private address, and a name that leads to one.
#[test]
fn p5_private_addresses_are_refused_however_they_are_written() {
    let api = Nginx::open("");
    let folder = Folder::new();
    let hosts = [
        "127.0.0.1",
        "localhost",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "127.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.0.1",
        "[fd00:ec2::254]",
    ];
    // The limit covers them all, so it is the address alone that is refused.
    let covered = hosts.map(|host| format!("\"{host}\"")).join(", ");
    let config = |allow: bool| {
        format!(
            "[limits.api]\nrate = \"100/s\"\nhosts = [{covered}]\nallow_private = {allow}\n\
             [queues.calls]\nlimit = \"api\"\n"
        )
    };
    folder.file("jobq.toml", config(false));
    let urls = hosts.map(|host| format!("http://{host}:{}/\n", api.port)).concat();
    let report = push_and_drain(&folder, &urls).with_code(3).json();
    assert_eq!(report["dead"], hosts.len(), "{:?}", letters(&folder));
    assert_eq!(api.calls(), []);
    for (reason, detail) in letters(&folder) {
        assert_eq!(reason, "forbidden", "{detail}");
    }
    // Such calls get through where they are allowed, so it was the refusal that kept them out.
    folder.file("jobq.toml", config(true));
    push_and_drain(&folder, &format!("http://localhost:{0}/\nhttp://0x7f.1:{0}/\n", api.port)).with_code(0);
    assert_eq!(api.calls().len(), 2);
}

/// Letters, digits, and what JSON and urls would write differently.
const VALUE: &str = "tok-5f0c/93+ab\\7%d";

const AS_JSON: &str = "tok-5f0c/93+ab\\\\7%d";

const AS_URL: &str = "tok-5f0c%2F93%2Bab%5C7%25d";

/// An API that lets in who has the secret, and says it back to everybody: in the body, a header, an error.
fn talkative() -> Nginx {
    let lets_in =
        format!("if ($http_authorization != \"Bearer {}\") {{ return 401; }}", VALUE.replace('\\', "\\\\"));
    Nginx::open(&format!(
        "location /echo {{ {lets_in} add_header x-echo $http_authorization; return 200 $http_authorization; }}
         location /query {{ {lets_in} return 200 '{{\"query\":\"$args\"}}'; }}
         location /refuse {{ {lets_in} return 403 'not for $http_authorization'; }}"
    ))
}

#[test]
fn p6_a_secret_reaches_the_api_and_stays_out_of_everything_else() {
    let (api, folder) = (talkative(), Folder::new());
    let urls = [api.url("/echo"), api.url("/query?key=${secret:token}"), api.url("/refuse")].join("\n");
    folder.file("calls.txt", urls);
    let args = [
        "run",
        "calls.txt",
        "--rate",
        "50/s",
        "--allow-private",
        "--header",
        "authorization: Bearer ${secret:token}",
    ];
    let with_secret = |args: &[&str]| {
        Ended::from(jobq(folder.path(), args).env("JOBQ_SECRET_TOKEN", VALUE).output().unwrap())
    };
    let ended = with_secret(&args).with_code(3);
    let statuses: Vec<_> = api.calls().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [200, 200, 403], "the API didn't get the secret");

    let mut said = format!("{}{}", ended.stdout, ended.stderr);
    for look in [&["dlq", "ls"][..], &["dlq", "ls", "--json"], &["status"], &["limit", "ls"]] {
        let ended = with_secret(look).with_code(0);
        said += &format!("{}{}", ended.stdout, ended.stderr);
    }
    assert_no_secret("what was printed", said.as_bytes());
    let files = files_in(folder.path());
    assert!(files.iter().any(|file| file.ends_with("jobq.db")), "{files:?}");
    for file in files {
        assert_no_secret(&file.display().to_string(), &std::fs::read(&file).unwrap());
    }
    let results = folder.read("calls.results.jsonl");
    assert_eq!(results.lines().count(), 2);
    assert!(results.contains("Bearer ${secret:token}"), "the answer isn't there by name: {results}");
}

#[test]
fn p6_a_secret_that_is_missing_is_asked_for_before_anything_is_called() {
    let (api, folder) = (talkative(), Folder::new());
    folder.file("calls.txt", api.url("/echo"));
    let header = "authorization: Bearer ${secret:token}";
    let args = ["run", "calls.txt", "--rate", "50/s", "--allow-private", "--header", header];
    let ended = run(folder.path(), args).with_code(2);
    assert!(ended.stderr.contains("export JOBQ_SECRET_TOKEN="), "{}", ended.stderr);
    assert!(ended.stderr.contains(".jobq/secrets/token"), "{}", ended.stderr);
    assert_eq!(api.calls(), []);
}

#[test]
fn p6_a_secret_may_lie_in_a_file() {
    let (api, folder) = (talkative(), Folder::new());
    folder.file("calls.txt", api.url("/echo"));
    std::fs::create_dir_all(folder.path().join(".jobq/secrets")).unwrap();
    folder.file(".jobq/secrets/token", format!("{VALUE}\n"));
    let header = "authorization: Bearer ${secret:token}";
    let args = ["run", "calls.txt", "--rate", "50/s", "--allow-private", "--header", header];
    run(folder.path(), args).with_code(0);
    assert_no_secret("the results", folder.read("calls.results.jsonl").as_bytes());
}

/// Looks for the value as it is, as JSON and as a url write it.
#[track_caller]
fn assert_no_secret(place: &str, bytes: &[u8]) {
    for form in [VALUE, AS_JSON, AS_URL, "tok-5f0c"] {
        let found = bytes.windows(form.len()).any(|window| window == form.as_bytes());
        assert!(!found, "{place} holds the secret as {form:?}");
    }
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}
