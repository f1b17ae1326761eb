//! What is refused, and in which words. Each line is followed by a good one, which must still be read.

use jobq_producer::format::Format;
use jobq_producer::reader::TaskReader;
use proptest::prelude::{any, prop};
use proptest::{prop_assert, proptest};

use crate::told::{csv, told};

const GOOD: &str = r#"{"url":"https://a.example/"}"#;

#[track_caller]
fn check(line: impl AsRef<[u8]>, expected: &str) {
    let source = [line.as_ref(), b"\n", GOOD.as_bytes()].concat();
    let told = told(&Format::JsonLines, &source);
    assert_eq!(told, format!("line 1: {expected}\nline 2: GET https://a.example/"));
}

#[test]
fn lines_that_are_no_json_object() {
    for (line, expected) in [
        (
            r#"{"url": "https://a.example/""#,
            "broken JSON at column 28: EOF while parsing an object (put the whole object on one line)",
        ),
        (
            r#"{"url": 'https://a.example/'}"#,
            r#"broken JSON at column 9: expected value (keys and texts stand in double quotes; inside them write \" and \n)"#,
        ),
        (
            r#"{"url": "https://a.example/"},"#,
            "broken JSON at column 30: trailing characters (put one object on a line, without a comma after it)",
        ),
        (
            r#"{"url": "https://a.example/" "id": "x"}"#,
            r#"broken JSON at column 30: expected `,` or `}` (keys and texts stand in double quotes; inside them write \" and \n)"#,
        ),
        (
            r#"{"url": "https://a.example/", "body": tru}"#,
            r#"broken JSON at column 42: expected ident (keys and texts stand in double quotes; inside them write \" and \n)"#,
        ),
        (
            r#"{"url": "a	b"}"#,
            r#"broken JSON at column 10: control character (\u0000-\u001F) found while parsing a string (keys and texts stand in double quotes; inside them write \" and \n)"#,
        ),
        (
            r#"["https://a.example/"]"#,
            r#"'["https://a.example/"]' is not a JSON object (write one task a line: {"url": "https://host/path"})"#,
        ),
        (
            r#""https://a.example/""#,
            r#"'"https://a.example/"' is not a JSON object (write one task a line: {"url": "https://host/path"})"#,
        ),
        (
            "https://a.example/",
            r#"'https://a.example/' is not a JSON object (write one task a line: {"url": "https://host/path"})"#,
        ),
        ("42", r#"'42' is not a JSON object (write one task a line: {"url": "https://host/path"})"#),
    ] {
        check(line, expected);
    }
}

#[test]
fn keys() {
    for (line, expected) in [
        ("{}", r#"there is no url (write one task a line: {"url": "https://host/path"})"#),
        (r#"{"url": null}"#, r#"there is no url (write one task a line: {"url": "https://host/path"})"#),
        (r#"{"url": "https://a.example/", "methd": "GET"}"#, "unknown key 'methd' (did you mean 'method'?)"),
        (r#"{"URL": "https://a.example/"}"#, "unknown key 'URL' (did you mean 'url'?)"),
        (
            r#"{"url": "https://a.example/", "payload": 1}"#,
            "unknown key 'payload' (use one of: url, method, headers, body, id, priority, delay, at)",
        ),
        (
            r#"{"url": "https://a.example/", "a\u001bb": 1}"#,
            "unknown key 'a\\u{1b}b' (use one of: url, method, headers, body, id, priority, delay, at)",
        ),
        (
            r#"{"url": "https://a.example/", "url": "https://b.example/"}"#,
            "the key 'url' is there twice (leave one out)",
        ),
        (r#"{"url": 5}"#, "url is a number, not text (write it in quotes)"),
        (r#"{"url": ["https://a.example/"]}"#, "url is a list, not text (write it in quotes)"),
        (r#"{"url": "\ud800"}"#, "url has a broken \\u escape (write the character itself)"),
    ] {
        check(line, expected);
    }
}

#[test]
fn urls() {
    for (url, expected) in [
        ("", "the url is empty (write it in full: https://host/path)"),
        ("/troops/1", "'/troops/1' is not an absolute url (start it with https:// or http://)"),
        ("a.example/troops", "'a.example/troops' is not an absolute url (start it with https:// or http://)"),
        ("ftp://a.example/", "the url's scheme is 'ftp' (start it with https:// or http://)"),
        ("https:a.example", "'https:a.example' is not an absolute url (start it with https:// or http://)"),
        ("https://", "the url can't be read: empty host (write it as https://host:port/path)"),
        (
            "https://a.example:99999/",
            "the url can't be read: invalid port number (write it as https://host:port/path)",
        ),
        (
            "https://user:word@a.example/",
            r#"the url carries a user name or password (send it as a header: "authorization": "Basic ${secret:name}")"#,
        ),
        (
            "https://user@a.example/",
            r#"the url carries a user name or password (send it as a header: "authorization": "Basic ${secret:name}")"#,
        ),
        ("https://a.example/a b", "the url has a space (write %20, or leave it out)"),
        (r"https://a.example/\u0000", "the url has a control character (percent-encode it, or leave it out)"),
        (r"https://a.example/\n", "the url has a control character (percent-encode it, or leave it out)"),
        (
            "https://${secret:host}/",
            "the url can't be read: invalid port number (a secret may stand in the path or the query, not in the host)",
        ),
        ("https://a.example/?key=${secret:key", "url: a '${secret:' is not closed: write ${secret:name}"),
        ("https://a.example/?key=${secret:a b}", "the url has a space (write %20, or leave it out)"),
    ] {
        check(format!(r#"{{"url": "{url}"}}"#), expected);
    }
    let long = format!(r#"{{"url": "https://a.example/{}"}}"#, "x".repeat(8_200));
    check(long, "the url is 8218 bytes long, 8192 are allowed (send the data as the body)");
}

#[test]
fn methods_headers_and_hints() {
    for (rest, expected) in [
        (
            r#""method": "FETCH""#,
            "'FETCH' is not a method: use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS",
        ),
        (r#""method": 1"#, "method is a number, not text (write it in quotes)"),
        (
            r#""headers": "accept: */*""#,
            r#"headers is text, not an object (write "headers": {"accept": "application/json"})"#,
        ),
        (r#""headers": {"x": 1}"#, "the header 'x' is a number, not text (write it in quotes)"),
        (r#""headers": {"": "x"}"#, "'' is not a header name (use letters, digits and '-')"),
        (r#""headers": {"a b": "x"}"#, "'a b' is not a header name (use letters, digits and '-')"),
        (r#""headers": {"é": "x"}"#, "'é' is not a header name (use letters, digits and '-')"),
        (
            r#""headers": {"x": "a\r\nb: c"}"#,
            "the header 'x' has a control character in its value (leave out line breaks and tabs)",
        ),
        (
            r#""headers": {"X": "1", "x": "2"}"#,
            "the header 'x' is there twice (letter case makes no difference: leave one out)",
        ),
        (
            r#""headers": {"Host": "b.example"}"#,
            "the header 'host' can't be set (the host is taken from the url)",
        ),
        (
            r#""headers": {"content-length": "0"}"#,
            "the header 'content-length' can't be set (the length is counted when the call is made)",
        ),
        (
            r#""headers": {"Idempotency-Key": "1"}"#,
            "the header 'idempotency-key' can't be set (the task's id is sent as this header: set 'id')",
        ),
        (
            r#""headers": {"transfer-encoding": "chunked"}"#,
            "the header 'transfer-encoding' can't be set (it belongs to the connection, not to the call: leave it out)",
        ),
        (
            r#""headers": {"x": "${secret:}"}"#,
            "the header 'x': '' is not a secret name: use 1 to 100 letters, digits, '-', '_' or '.', starting with a letter or digit",
        ),
        (r#""body": "${secret:x""#, "body: a '${secret:' is not closed: write ${secret:name}"),
        (r#""id": "a b""#, "'a b' is not a task id: use 1 to 200 printable ASCII characters without spaces"),
        (r#""id": """#, "'' is not a task id: use 1 to 200 printable ASCII characters without spaces"),
        (r#""id": true"#, "id is true or false, not text (write it in quotes)"),
        (r#""priority": "urgent""#, "'urgent' is not a priority: use high, normal or bulk"),
        (r#""at": 10"#, "at is a number, not text (write it in quotes)"),
        (r#""delay": "1m", "at": "2026-11-27T09:00:00Z""#, "there are a delay and an at (leave one out)"),
        (
            r#""at": "2026-11-27T09:00""#,
            "at: '2026-11-27T09:00' is no instant: write it like 2026-11-27T09:00:00+01:00, or 2026-11-27T09:00 Europe/Berlin",
        ),
        (r#""delay": 10"#, r#"the delay '10' has no unit (write it with one, in quotes: "10s", "5m")"#),
        (
            r#""delay": "10""#,
            "delay: '10' is not a length of time: write a whole number and a unit, like 500ms, 30s, 10m, 2h or 7d",
        ),
        (
            r#""delay": "-5s""#,
            "delay: '-5s' is not a length of time: write a whole number and a unit, like 500ms, 30s, 10m, 2h or 7d",
        ),
    ] {
        check(format!(r#"{{"url": "https://a.example/", {rest}}}"#), expected);
    }
}

#[test]
fn lines_that_are_no_text() {
    check(
        b"{\"url\": \"https://a.example/\xff\"}",
        "the line is not UTF-8 at byte 28 (save the file as UTF-8)",
    );
    check(b"\0", "'\\u{0}' is not a JSON object (write one task a line: {\"url\": \"https://host/path\"})");
    check(b"\xff\xfe{\0\"\0", "the line is not UTF-8 at byte 1 (save the file as UTF-8)");
    check(
        vec![b'x'; 2 << 20],
        "the line is longer than 1 MiB (put large bodies elsewhere and send where they are)",
    );
    let mut just_fits = GOOD.as_bytes().to_vec();
    just_fits.resize(1 << 20, b' ');
    just_fits.push(b'\r');
    check(&just_fits, "GET https://a.example/");
}

/// Whoever reads the reason has only this line of it.
#[test]
fn reasons_are_one_line_in_lower_case() {
    let sources: [&[u8]; 4] = [b"\x1b[2J\rX", b"{\"\\n\\n\": 1}", b"[", b"{\"url\": \"\\n\"}"];
    for source in sources {
        let told = told(&Format::JsonLines, source);
        assert!(!told.chars().any(char::is_control), "{told}");
        let reason = told.strip_prefix("line 1: ").unwrap();
        assert!(!reason.starts_with(char::is_uppercase), "{reason}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(source in prop::collection::vec(any::<u8>(), 0..400)) {
        for format in [Format::JsonLines, Format::Urls, csv("https://a.example/{x}")] {
            let table = [b"x,y\n", source.as_slice()].concat();
            let mut tasks = TaskReader::new(table.as_slice(), &format).unwrap();
            while tasks.next().unwrap().is_some() {}
            prop_assert!(tasks.bytes() == table.len() as u64);
        }
    }

    #[test]
    fn any_text_of_the_right_signs_is_read_or_refused(source in r#"[\[{}"\\:,u0rl h/.\n\r-]{0,80}"#) {
        for format in [Format::JsonLines, Format::Urls, csv("https://a.example/{x}")] {
            told(&format, format!("x,y\n{source}").as_bytes());
        }
        let _ = source.parse::<jobq_producer::template::Template>();
    }
}
