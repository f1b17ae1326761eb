//! The contract of `Morgue`.

use std::collections::{BTreeMap, BTreeSet};

use jobq_core::dead_letter::{DeadLetter, Remains};
use jobq_core::death::Reason;
use jobq_core::letter::LetterId;
use jobq_core::ports::depth::Depth;
use jobq_core::ports::inbox::Inbox;
use jobq_core::ports::ledger::Ledger;
use jobq_core::ports::morgue::{Fate, Found, Morgue, Round};
use jobq_core::ports::outbox::Outbox;
use jobq_core::settlement::{End, Settled};
use jobq_core::time::Timestamp;

use super::subject::{
    Subject, all_letters, anybody, bodies, counts, done, letters, member, nobodys, parcel, push, settle,
    stages, troops,
};

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
        let end = End::Dead { letter: letter(detail), of: Some(member("b", detail)) };
        let receipt = subject.gather_one(store).await.receipt;
        assert_eq!(settle(store, &receipt, end).await, Settled::Held);
    }
}

/// The ids of the letters a round shows, by what they say.
async fn ids<R: Round>(round: &mut R) -> BTreeMap<Vec<u8>, LetterId> {
    all_letters(round).await.into_iter().map(|found| (found.body, found.id)).collect()
}

/// A queue without dead letters shows none, and so does one that nobody has made.
pub async fn nothing_is_shown_of_nothing<S: Morgue>(subject: Subject<S>) {
    let store = subject.open();
    for queue in [troops(), nobodys()] {
        let mut round = store.round(&queue);
        assert_eq!(round.next().await.unwrap(), Vec::new());
        round.close().await.unwrap();
    }
}

/// A round shows each letter once and changes nothing: the next one shows them all, by whatever handle.
pub async fn a_round_shows_each_letter_once<S: Outbox + Inbox + Morgue>(subject: Subject<S>) {
    let store = subject.open();
    kill(&subject, &store, &["a", "b", "c", "d", "e"]).await;
    let all: Vec<Vec<u8>> = ["a", "b", "c", "d", "e"].map(letter).into();
    assert_eq!(letters(&store, &troops()).await, all);
    assert_eq!(letters(&store, &troops()).await, all, "once more");
    assert_eq!(letters(&subject.open(), &troops()).await, all, "after a restart");
}

/// A crowd is shown, each letter once.
pub async fn a_crowd_is_shown<S: Outbox + Inbox + Morgue>(subject: Subject<S>) {
    let store = subject.open();
    let bodies = vec!["task"; subject.crowd];
    push(&store, "b", &bodies).await;
    let mut all = Vec::new();
    for (number, delivery) in subject.gather(&store, subject.crowd).await.into_iter().enumerate() {
        let body = letter(&number.to_string());
        let end = End::Dead { letter: body.clone(), of: Some(anybody("b")) };
        assert_eq!(settle(&store, &delivery.receipt, end).await, Settled::Held);
        all.push(body);
    }
    all.sort();
    assert_eq!(letters(&store, &troops()).await, all);
}

/// What is sent back is a task again, as it was given, and one less dead; the others stay.
pub async fn what_is_sent_back_is_a_task_again<S: Outbox + Inbox + Depth + Ledger + Morgue>(
    subject: Subject<S>,
) {
    let store = subject.open();
    kill(&subject, &store, &["a", "b"]).await;
    let mut round = store.round(&troops());
    let fate = Fate::SendBack { copy: parcel("b", "again"), counted: Some(member("b", "a")) };
    let ids = ids(&mut round).await;
    let settled = round.end(vec![(ids[&letter("a")].clone(), fate)]).await.unwrap();
    round.close().await.unwrap();
    assert_eq!(settled, [Settled::Held]);
    let back = subject.gather(&store, 1).await;
    assert_eq!(bodies(&back), ["again"]);
    let tally = counts(&store, "b").await.unwrap();
    assert_eq!((tally.known, tally.dead, tally.open()), (2, 1, 1));
    assert_eq!(stages(&store, "b").await, [(troops().to_string(), 2, 0, 1)]);
    assert_eq!(settle(&store, &back[0].receipt, done("b")).await, Settled::Held);
    assert_eq!(letters(&store, &troops()).await, [letter("b")]);
}

/// What its batch hasn't counted as dead isn't counted back: nobody counts what was no task when it died.
pub async fn what_was_not_counted_is_not_counted_back<S: Outbox + Inbox + Ledger + Morgue>(
    subject: Subject<S>,
) {
    let store = subject.open();
    push(&store, "b", &["task"]).await;
    let receipt = subject.gather_one(&store).await.receipt;
    let end = End::Dead { letter: letter("a"), of: None };
    assert_eq!(settle(&store, &receipt, end).await, Settled::Held);
    let mut round = store.round(&troops());
    let id = ids(&mut round).await.remove(&letter("a")).unwrap();
    let fate = Fate::SendBack { copy: parcel("b", "again"), counted: None };
    assert_eq!(round.end(vec![(id, fate)]).await.unwrap(), [Settled::Held]);
    round.close().await.unwrap();
    let tally = counts(&store, "b").await.unwrap();
    assert_eq!((tally.known, tally.dead, tally.open()), (1, 0, 1));
}

/// What is dropped is gone, and was dead.
pub async fn what_is_dropped_is_gone<S: Outbox + Inbox + Depth + Ledger + Morgue>(subject: Subject<S>) {
    let store = subject.open();
    kill(&subject, &store, &["a", "b"]).await;
    let mut round = store.round(&troops());
    let ids = ids(&mut round).await;
    let settled = round.end(vec![(ids[&letter("b")].clone(), Fate::Drop)]).await.unwrap();
    round.close().await.unwrap();
    assert_eq!(settled, [Settled::Held]);
    assert_eq!(letters(&store, &troops()).await, [letter("a")]);
    let tally = counts(&store, "b").await.unwrap();
    assert_eq!((tally.dead, tally.open()), (2, 0));
}

/// A letter has one end, however often it is asked for and by whom. One that was never shown has none.
pub async fn a_letter_ends_once<S: Outbox + Inbox + Depth + Morgue>(subject: Subject<S>) {
    let (store, other) = (subject.open(), subject.open());
    kill(&subject, &store, &["a"]).await;
    let mut round = store.round(&troops());
    let id = ids(&mut round).await.remove(&letter("a")).unwrap();
    let back = || Fate::SendBack { copy: parcel("b", "again"), counted: Some(member("b", "a")) };
    let held = round.end(vec![(id.clone(), back())]).await.unwrap();
    assert_eq!(held, [Settled::Held]);
    for fate in [back(), Fate::Drop] {
        assert_eq!(round.end(vec![(id.clone(), fate)]).await.unwrap(), [Settled::Stale], "the same round");
    }
    round.close().await.unwrap();
    let mut theirs = other.round(&troops());
    assert_eq!(all_letters(&mut theirs).await, Vec::new());
    let elsewhere = LetterId("not one of yours".to_owned());
    let settled = theirs.end(vec![(id, back()), (elsewhere, Fate::Drop)]).await.unwrap();
    theirs.close().await.unwrap();
    assert_eq!(settled, [Settled::Stale, Settled::Stale], "another round");
    assert_eq!(bodies(&subject.gather(&store, 1).await), ["again"]);
    assert_eq!(store.measure(&troops()).await.unwrap().ready, 0);
}

/// Two operators who go through the same letters at once share them: each letter has one end, and no end is lost.
///
/// A server may give one letter to both, as it may give out anything twice. Where one of them sends it back and the other
/// drops it in the same instant, both are told that it held, and the drop wins.
pub async fn two_rounds_share_the_letters<S: Outbox + Inbox + Morgue>(subject: Subject<S>) {
    let store = subject.open();
    let names: Vec<String> = (0..40).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    kill(&subject, &store, &names).await;
    let (ours, theirs) = (subject.open(), subject.open());
    let (mut one, mut other) = (ours.round(&troops()), theirs.round(&troops()));
    let (mut back, mut dropped) = (BTreeSet::new(), BTreeSet::new());
    // Until both have seen the end: what one has shown and not ended isn't there for the other.
    let (mut one_goes_on, mut other_goes_on) = (true, true);
    while one_goes_on || other_goes_on {
        let (mine, others) = futures::join!(one.next(), other.next());
        let (mine, others) = (mine.unwrap(), others.unwrap());
        (one_goes_on, other_goes_on) = (!mine.is_empty(), !others.is_empty());
        let again = |name: &str| {
            let counted = Some(member("b", name));
            Fate::SendBack { copy: parcel("b", name), counted }
        };
        let (sent, gone) =
            futures::join!(end_all(&mut one, mine, again), end_all(&mut other, others, |_| Fate::Drop));
        back.extend(sent);
        dropped.extend(gone);
    }
    one.close().await.unwrap();
    other.close().await.unwrap();
    let all: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(&back | &dropped, all, "a letter has no end");
    assert!(!subject.is_exact() || back.is_disjoint(&dropped), "{:?} have two ends", &back & &dropped);
    let come = &back - &dropped;
    let mut called = BTreeSet::new();
    while called.len() < come.len() {
        let delivery = subject.gather_one(&store).await;
        let name = bodies(std::slice::from_ref(&delivery)).remove(0);
        // On a slow machine its time may be over, and it comes once more.
        if settle(&store, &delivery.receipt, done("b")).await == Settled::Held {
            assert!(called.insert(name.clone()), "{name} was sent back twice");
        }
    }
    assert_eq!(called, come, "what was sent back, and nothing that was dropped");
    assert_eq!(bodies(&subject.take(&store, 10).await), [""; 0]);
    assert_eq!(letters(&store, &troops()).await, Vec::<Vec<u8>>::new());
}

/// Ends letters of [`kill`]; answers with the names of those that held.
async fn end_all<R: Round>(round: &mut R, found: Vec<Found>, fate: impl Fn(&str) -> Fate) -> Vec<String> {
    let name = |found: &Found| DeadLetter::decode(&found.body).unwrap().detail;
    let names: Vec<String> = found.iter().map(name).collect();
    let fates = found.into_iter().zip(&names).map(|(found, name)| (found.id, fate(name))).collect();
    let settled = round.end(fates).await.unwrap();
    names.into_iter().zip(settled).filter(|(_, end)| *end == Settled::Held).map(|(name, _)| name).collect()
}
