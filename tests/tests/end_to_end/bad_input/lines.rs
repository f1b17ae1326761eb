//! Bad lines between good ones: the good ones are sent, each bad one is told by file and number.

use super::{GOOD, assert_well_told, typed};
use crate::state::State;
use jobq_tests::world::nginx::Nginx;

/// A bad line between good ones: they are sent, it is told by file and number. With `--strict` none is sent.
#[track_caller]
fn line(bad: impl AsRef<[u8]>, says: &str) {
    let content = [GOOD.as_bytes(), b"\n", bad.as_ref(), b"\n", GOOD.as_bytes(), b"\n"].concat();
    bad_second_line("tasks.jsonl", &content, "", says);
}

#[track_caller]
fn bad_second_line(name: &str, content: &[u8], flags: &str, says: &str) {
    let strict = typed(&format!("push calls {name} --strict {flags}")).file(name, content);
    let refused = strict.run().with_code(2);
    assert_well_told(&refused, &[name, "line 2: ", says, "so nothing was sent"]);
    assert_eq!(refused.stdout, "");
    assert_eq!(State::in_folder(strict.folder.path()).map_or(0, |state| state.known()), 0);

    let lenient = typed(&format!("push calls {name} --json {flags}")).file(name, content);
    let pushed = lenient.run().with_code(1);
    assert_well_told(&pushed, &[name, "line 2: ", says]);
    assert_eq!(pushed.stderr.lines().count(), 1, "one bad line is told once: {}", pushed.stderr);
    assert_eq!((&pushed.json()["sent"], &pushed.json()["refused"]), (&2.into(), &1.into()));
    assert_eq!(State::in_folder(lenient.folder.path()).unwrap().known(), 2);
}

cases! {
    line_broken_json: line(r#"{"url": "https://api.example/""#, "broken JSON at column");
    line_no_object: line("42", "is not a JSON object");
    line_missing_url: line(r#"{"method": "GET"}"#, "there is no url");
    line_unknown_key: line(r#"{"url": "https://api.example/", "methd": "GET"}"#, "did you mean 'method'?");
    line_relative_url: line(r#"{"url": "/troops/1"}"#, "is not an absolute url");
    line_other_scheme: line(r#"{"url": "ftp://api.example/"}"#, "the url's scheme is 'ftp'");
    line_password_in_url: line(r#"{"url": "https://u:p@api.example/"}"#, "the url carries a user name or password");
    line_bad_method: line(r#"{"url": "https://api.example/", "method": "FETCH"}"#, "'FETCH' is not a method");
    line_bad_header: line(r#"{"url": "https://api.example/", "headers": {"a b": "x"}}"#, "'a b' is not a header name");
    line_header_with_line_break:
        line(r#"{"url": "https://api.example/", "headers": {"a": "x\r\nb: y"}}"#, "control character in its value");
    line_host_header: line(r#"{"url": "https://api.example/", "headers": {"host": "x"}}"#, "can't be set");
    line_control_characters: line("\u{1b}[2J\u{7}", "is not a JSON object");
    line_nul: line(b"{\"url\": \"https://api.example/\0\"}", "broken JSON");
    line_of_2_mib: line(vec![b'x'; 2 << 20], "the line is longer than 1 MiB");
    line_invalid_utf8: line(b"{\"url\": \"https://api.example/\xff\"}", "the line is not UTF-8 at byte 30");
    line_bad_id: line(r#"{"url": "https://api.example/", "id": "a b"}"#, "'a b' is not a task id");
    line_bad_priority: line(r#"{"url": "https://api.example/", "priority": "urgent"}"#, "use high, normal or bulk");
    line_bad_delay: line(r#"{"url": "https://api.example/", "delay": "-5s"}"#, "is not a length of time");
    line_unclosed_secret:
        line(r#"{"url": "https://api.example/", "body": "${secret:x"}"#, "a '${secret:' is not closed");
    line_nested_100_000_deep: line(
        format!(r#"{{"url": "https://api.example/", "body": {}{}}}"#, "[".repeat(100_000), "]".repeat(100_000)),
        "the JSON nests deeper than 100 levels"
    );
    line_bad_url_in_a_list_of_urls:
        bad_second_line("calls.txt", b"https://api.example/1\nnot a url\nhttps://api.example/2\n", "", "the url has a space");
    line_csv_row_too_short: bad_second_line(
        "rows.csv", b"id,name\n1\n2,b\n3,c\n", "--url 'https://api.example/{id}'", "fields in the row: 1, in the header: 2"
    );
    line_csv_quote_inside: bad_second_line(
        "rows.csv", b"id\na\"b\n1\n2\n", "--url 'https://api.example/{id}'", "a quote stands inside a field"
    );
}

/// The way of most files: a few lines are bad, the others are called, and the exit code says so.
#[test]
fn a_run_with_bad_lines_does_the_good_ones() {
    let api = Nginx::open("");
    let file = format!("{}\nnot a url\n{}\n/relative\n", api.url("/1"), api.url("/2"));
    let case = typed("run calls.txt --rate 50/s --allow-private --json").file("calls.txt", file);
    let ended = case.run().with_code(1);
    assert_eq!(ended.json()["refused_lines"], 2);
    assert_eq!(ended.json()["tally"]["done"], 2);
    assert_eq!(api.calls().len(), 2);
    for line in ["calls.txt: line 2: ", "calls.txt: line 4: "] {
        assert_eq!(ended.stderr.matches(line).count(), 1, "{line:?} is to be told once:\n{}", ended.stderr);
    }
}

/// Nobody reads a thousand warnings.
#[test]
fn many_bad_lines_are_told_in_few() {
    let case = typed("push calls calls.txt")
        .file("calls.txt", "https://api.example/\n".to_owned() + &"/bad\n".repeat(1_000));
    let ended = case.run().with_code(1);
    assert_well_told(&ended, &["line 2: ", "refused 980 more lines"]);
    assert_eq!(ended.stderr.lines().count(), 21);
}

/// Random bytes and random formats: an answer each time, never a panic.
#[test]
fn whatever_bytes_there_are_there_is_an_answer() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for name in ["x.jsonl", "x.csv", "x.txt", "x", "jobq.toml"] {
        let bytes: Vec<u8> = (0..2_000).map(|_| random.u8(..)).collect();
        let case = typed(&format!("push calls {name} --url 'https://api.example/{{id}}'")).file(name, bytes);
        let ended = case.run();
        assert!(matches!(ended.code, Some(1 | 2)), "{ended:?}");
        assert_well_told(&ended, &[]);
    }
}
