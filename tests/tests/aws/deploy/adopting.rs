//! A stack made anew takes up what an earlier one left.
//!
//! MiniStack can't show it: see `super`. What is asked of CloudFormation is read here instead, and which resources
//! that holds for is tested with the templates (`infra/tests/template/promises.rs`).

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use jobq_adapters::aws::stack::change_set::{Body, Draft, Intent};
use jobq_adapters::aws::stack::formation::Formation;

use crate::parts;

#[tokio::test]
async fn what_is_there_is_to_be_taken_up() {
    let server = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    let asked = std::thread::spawn(move || answer(server.accept().unwrap().0));
    let formation = Formation::open(&parts::sdk(&url).await, &parts::new_stack());
    let draft = Draft {
        intent: Intent::Create,
        body: Body::Inline("{}".to_owned()),
        parameters: vec![("DrainerCode", "drainer.zip".to_owned())],
        name: "one".to_owned(),
    };
    let change_set = formation.draft(draft).await.unwrap();
    assert_eq!((change_set.id.as_str(), change_set.stack_id.as_str()), ("arn:set", "arn:stack"));
    let asked = asked.join().unwrap();
    for field in [
        "Action=CreateChangeSet",
        "ChangeSetType=CREATE",
        "ImportExistingResources=true",
        "Capabilities.member.1=CAPABILITY_IAM",
        "Tags.member.1.Key=jobq%3Astack",
    ] {
        assert!(asked.contains(field), "{field} in {asked}");
    }
}

/// Answers one request as CloudFormation does, and tells what was asked.
fn answer(mut connection: TcpStream) -> String {
    let (mut asked, mut part) = (Vec::new(), [0; 4_096]);
    while !whole(&asked) {
        let read = connection.read(&mut part).unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&asked));
        asked.extend_from_slice(&part[..read]);
    }
    let body = "<CreateChangeSetResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
                <CreateChangeSetResult><Id>arn:set</Id><StackId>arn:stack</StackId></CreateChangeSetResult>\
                </CreateChangeSetResponse>";
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    connection.write_all((head + body).as_bytes()).unwrap();
    String::from_utf8(asked).unwrap()
}

fn whole(asked: &[u8]) -> bool {
    let text = String::from_utf8_lossy(asked);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().unwrap())
    });
    body.len() >= length.unwrap()
}
