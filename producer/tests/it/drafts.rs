//! What good lines become.

use jobq_producer::format::Format;

use crate::told::told;

#[track_caller]
fn check(format: &Format, source: &str, expected: &str) {
    assert_eq!(told(format, source.as_bytes()), expected);
}

#[test]
fn every_key_of_a_json_line() {
    let line = r#"{"url":"https://a.example/x?k=${secret:key}","method":"put","headers":{"X-Key":"Bearer ${secret:a}"},"body":{"b": [1.0, 2e400] },"id":"t-1","priority":"bulk","delay":"10s"}"#;
    check(
        &Format::JsonLines,
        line,
        r#"line 1: PUT https://a.example/x?k=${secret:key} x-key=Bearer ${secret:a} content-type=application/json <{"b": [1.0, 2e400] }> id=t-1 priority=Bulk delay=10s"#,
    );
}

#[test]
fn bodies_say_what_they_are() {
    for (body, expected) in [
        (r#"{"a": 1}"#, r#"POST https://a.example/ content-type=application/json <{"a": 1}>"#),
        ("[1, 2]", "POST https://a.example/ content-type=application/json <[1, 2]>"),
        (
            "12345678901234567890123",
            "POST https://a.example/ content-type=application/json <12345678901234567890123>",
        ),
        ("false", "POST https://a.example/ content-type=application/json <false>"),
        (r#""a \"text\"""#, r#"POST https://a.example/ content-type=text/plain; charset=utf-8 <a "text">"#),
        (r#""""#, "POST https://a.example/ content-type=text/plain; charset=utf-8 <>"),
        ("null", "GET https://a.example/"),
        (r#"1, "method": "GET""#, "GET https://a.example/ content-type=application/json <1>"),
        (
            r#"1, "headers": {"Content-Type": "application/vnd.x+json"}"#,
            "POST https://a.example/ content-type=application/vnd.x+json <1>",
        ),
    ] {
        let line = format!(r#"{{"url": "https://a.example/", "body": {body}}}"#);
        check(&Format::JsonLines, &line, &format!("line 1: {expected}"));
    }
}

#[test]
fn blank_lines_line_ends_and_byte_order_marks() {
    let source = "\u{feff}{\"url\":\"https://a.example/1\"}\r\n\r\n  \n {\"url\":\"https://a.example/2\",\"id\":7} \r\n{\"url\":\"https://a.example/3\",\"id\":null}";
    check(
        &Format::JsonLines,
        source,
        "line 1: GET https://a.example/1\n\
            line 4: GET https://a.example/2 id=7\n\
            line 5: GET https://a.example/3",
    );
    check(&Format::JsonLines, "", "");
    check(&Format::JsonLines, "\u{feff}", "");
    check(&Format::JsonLines, "\u{feff}\r\n", "");
}

#[test]
fn urls_one_a_line() {
    let source =
        "\u{feff}# troops\nhttps://a.example/1\r\n\n  # more\n  HTTP://a.example:8080/é  \nnothing\n";
    check(
        &Format::Urls,
        source,
        "line 2: GET https://a.example/1\n\
            line 5: GET HTTP://a.example:8080/é\n\
            line 6: 'nothing' is not an absolute url (start it with https:// or http://)",
    );
}
