//! CSV: rows, templates, and what is wrong with either.

use jobq_producer::format::Format;
use jobq_producer::template::Template;

use crate::told::{csv, told};

#[track_caller]
fn check(url: &str, source: &str, expected: &str) {
    assert_eq!(told(&csv(url), source.as_bytes()), expected);
}

const URL: &str = "https://a.example/{id}";

#[test]
fn rows_fill_the_template() {
    check(
        URL,
        "\u{feff}id,name\r\n1,a\r\n\r\n2,\"b, c\"\r\n",
        "line 2: GET https://a.example/1\n\
            line 4: GET https://a.example/2",
    );
    check(
        URL,
        "id\n\"a \"\"b\"\"\"\n\"two\nlines\"\n\"\n\nx\"\nlast",
        "line 2: GET https://a.example/a%20%22b%22\n\
            line 3: GET https://a.example/two%0Alines\n\
            line 5: GET https://a.example/%0A%0Ax\n\
            line 8: GET https://a.example/last",
    );
    check(
        "https://a.example/{id}?q={ name }&k=${secret:k}#{{}}",
        "name,id\na&b=c/d é,../x?y\n",
        "line 2: GET https://a.example/..%2Fx%3Fy?q=a%26b%3Dc%2Fd%20%C3%A9&k=${secret:k}#{}",
    );
    check(
        "{base}/{id}",
        "id,base\n1,https://a.example/v1\n2,nonsense\n",
        "line 2: GET https://a.example/v1/1\n\
            line 3: 'nonsense/2' is not an absolute url (start it with https:// or http://)",
    );
    check(
        "https://{host}:{port}/",
        "host,port\na.example,80\n\"a.example/x\",1\nb.example,\n",
        "line 2: GET https://a.example:80/\n\
            line 3: column 'host': 'a.example/x' is not a host (write a name like api.example.com, without scheme or path)\n\
            line 4: column 'port': '' is not a host (write a name like api.example.com, without scheme or path)",
    );
    check(
        "https://a.example/{id}?q={q}",
        "id,q\n,1\n..,2\n3,\n",
        "line 2: column 'id': '' would change the path (fill it in, or leave the row out)\n\
            line 3: column 'id': '..' would change the path (fill it in, or leave the row out)\n\
            line 4: GET https://a.example/3?q=",
    );
}

#[test]
fn a_template_may_make_the_ids() {
    let format = Format::Csv { url: URL.parse().unwrap(), id: Some("troop-{id}".parse().unwrap()) };
    assert_eq!(
        told(&format, b"id\n7\n\"a b\"\n"),
        "line 2: GET https://a.example/7 id=troop-7\n\
         line 3: 'troop-a b' is not a task id: use 1 to 200 printable ASCII characters without spaces"
    );
}

#[test]
fn columns_say_when_a_call_may_be_made() {
    check(
        URL,
        "id,delay,at\n1,10m,\n2,,2026-11-27T09:00:00+01:00\n3,,2026-11-27T09:00 Europe/Berlin\n4, ,\n",
        "line 2: GET https://a.example/1 delay=10m\n\
         line 3: GET https://a.example/2 at=2026-11-27T08:00:00.000000Z\n\
         line 4: GET https://a.example/3 at=2026-11-27T08:00:00.000000Z\n\
         line 5: GET https://a.example/4",
    );
    check("https://a.example/{id}?at={at}", "id,at\n1,noon\n", "line 2: GET https://a.example/1?at=noon");
    check(
        URL,
        "id,at,at\n1,,\n",
        "the file has several columns 'at', which say when a call may be made: rename all but one",
    );
    let refused = told(&csv(URL), b"id,delay,at\n1,10,\n2,,noon\n3,1s,2026-11-27T09:00:00Z\n");
    let lines: Vec<&str> = refused.lines().collect();
    assert!(lines[0].starts_with("line 2: delay: "), "{refused}");
    assert!(lines[1].starts_with("line 3: at: "), "{refused}");
    assert_eq!(lines[2], "line 4: there are a delay and an at (leave one empty)");
}

#[test]
fn broken_rows_end_where_they_stand() {
    check(
        URL,
        "id,name\n1\n2,b,c\n3,d\n",
        "line 2: fields in the row: 1, in the header: 2 (put fields with commas in them in quotes)\n\
            line 3: fields in the row: 3, in the header: 2 (put fields with commas in them in quotes)\n\
            line 4: GET https://a.example/3",
    );
    check(
        URL,
        "id\na\"b\n\"a\"b\n\"\n",
        "line 2: a quote stands inside a field without quotes (put the whole field in quotes, and double each quote within it)\n\
            line 3: text follows a closing quote (double each quote within a quoted field)\n\
            line 4: a quote is opened and not closed (close it, or double it if it is part of the field)",
    );
    check(
        URL,
        "id\n1\n\"open\n2\n3",
        "line 2: GET https://a.example/1\n\
            line 3: a quote is opened and not closed, and the lines up to 5 are refused with it (close it, or double it if it is part of the field)",
    );
    let endless = format!("id\n\"{}\n2\n", "x\n".repeat(1 << 20));
    check(
        URL,
        &endless,
        "line 2: a quote is opened and not closed, and the lines up to 1048579 are refused with it (close it, or double it if it is part of the field)",
    );
    let large = format!("id\n\"{}\"\n2\n", "1\n".repeat(1 << 20));
    check(
        URL,
        &large,
        "line 2: the row is larger than 1 MiB, and the lines up to 1048578 are refused with it (look for a quote that is not closed)\n\
         line 1048579: GET https://a.example/2",
    );
}

#[test]
fn columns_are_found_before_anything_else() {
    check(URL, "", "there is no column 'id' for the template: the first row must name the columns");
    check(URL, "\u{feff}", "there is no column 'id' for the template: the first row must name the columns");
    check(URL, "ident,name\n1,a\n", "there is no column 'id' for the template: the file has 'ident', 'name'");
    check(
        "https://a.example/{di}/{nme}",
        "id,name\n1,a\n",
        "there is no column 'di', 'nme' for the template: did you mean 'id'? the file has 'id', 'name'",
    );
    check(URL, "id;name\n1;a\n", "there is no column 'id' for the template: separate the columns by commas");
    check(
        URL,
        "id,id\n1,2\n",
        "the template names 'id', and the file has several columns of this name: rename all but one",
    );
    check(
        URL,
        "\"id\n",
        "the header row can't be read: line 1: a quote is opened and not closed (close it, or double it if it is part of the field)",
    );
}

#[test]
fn templates_that_cannot_be_read() {
    const UNCLOSED: &str = "a '{' is not closed: write {column}, or {{ for a brace";
    for (template, expected) in [
        ("https://a.example/{id", UNCLOSED),
        ("https://a.example/{a{b}}", UNCLOSED),
        ("https://a.example/id}", "a '}' closes nothing: write {column}, or }} for a brace"),
        ("https://a.example/{ }", "a '{}' names no column: write {column}"),
        ("https://a.example/${secret:x", UNCLOSED),
    ] {
        let error = template.parse::<Template>().unwrap_err();
        assert_eq!(error.to_string(), expected, "{template}");
    }
}
