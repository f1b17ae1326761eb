//! The contract of `Morgue`.

use jobq_core::dead_letter::{DeadLetter, Reason, Remains};
use jobq_core::fault::FaultKind;
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::morgue::{Cursor, Morgue};
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{End, Settled};
use jobq_core::time::Timestamp;

use super::subject::{Subject, batch, nobodys, push, settle, troops};

fn letter(detail: &str) -> Vec<u8> {
    let letter = DeadLetter {
        reason: Reason::Unreadable,
        detail: detail.to_owned(),
        died_at: Timestamp::from_secs(5),
        excerpt: None,
        remains: Remains::Unreadable("x".to_owned()),
    };
    letter.encode()
}

async fn kill<S: Outbox + Inbox>(subject: &Subject<S>, store: &S, details: &[&str]) {
    for detail in details {
        push(store, "b", &["task"]).await;
        let end = End::Dead { letter: letter(detail), batch: Some(batch("b")) };
        let receipt = subject.gather_one(store).await.receipt;
        assert_eq!(settle(store, &receipt, end).await, Settled::Held);
    }
}

/// A queue without dead letters has one empty page, and so has one that nobody has made.
pub async fn nothing_is_one_empty_page<S: Morgue>(subject: Subject<S>) {
    for queue in [troops(), nobodys()] {
        let page = subject.open().list(&queue, None, 10).await.unwrap();
        assert_eq!((page.letters, page.next), (Vec::new(), None));
    }
}

/// A place that is none in this list is a fault that lasts.
pub async fn a_place_elsewhere_is_refused<S: Morgue>(subject: Subject<S>) {
    let elsewhere = Cursor("not one of yours".to_owned());
    let fault = subject.open().list(&troops(), Some(elsewhere), 10).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Lasting);
}

/// All pages together show each letter once, oldest first, and looking changes nothing.
pub async fn pages_show_each_letter_once<S: Outbox + Inbox + Morgue>(subject: Subject<S>) {
    let store = subject.open();
    kill(&subject, &store, &["a", "b", "c", "d", "e"]).await;
    let all: Vec<Vec<u8>> = ["a", "b", "c", "d", "e"].map(letter).into();
    for size in [1, 2, 5, 100] {
        assert_eq!(walk(&store, size).await, all, "by pages of {size}");
    }
    assert!(walk(&subject.open(), 3).await == all, "after a restart");
}

/// A letter that comes while somebody lists is no reason to show another one twice or never. It may be shown itself.
pub async fn a_late_letter_disturbs_nobody<S: Outbox + Inbox + Morgue>(subject: Subject<S>) {
    let store = subject.open();
    kill(&subject, &store, &["a", "b", "c"]).await;
    let first = store.list(&troops(), None, 2).await.unwrap();
    kill(&subject, &store, &["d"]).await;
    let second = store.list(&troops(), first.next, 10).await.unwrap();
    let mut rest = second.letters;
    if !subject.is_exact() && rest.len() == 1 {
        rest.push(letter("d"));
    }
    assert_eq!(rest, ["c", "d"].map(letter));
    assert_eq!(second.next, None);
}

async fn walk<S: Morgue>(store: &S, size: usize) -> Vec<Vec<u8>> {
    let mut letters = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.list(&troops(), cursor, size).await.unwrap();
        assert!(page.letters.len() <= size);
        letters.extend(page.letters);
        cursor = page.next;
        if cursor.is_none() {
            return letters;
        }
    }
}
