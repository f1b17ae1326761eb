//! Fan-out: one call grows into thousands, over queues, pages and kills, against a real server.

use std::collections::{HashMap, HashSet};
use std::process::Child;
use std::time::Instant;

use serde_json::Value;

use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{Ended, jobq, run, start, wait};
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::patience::until;

use crate::alone;

/// What each answer lists, level by level.
const WIDTHS: [usize; 3] = [20, 20, 4];

/// How many calls there are in all: 1 + 20 + 400 + 1,600.
const CALLS: usize = 1 + 20 + 20 * 20 + 20 * 20 * 4;

const KILLS: usize = 12;

/// Warriors, their troops, their groups. The last level has no children.
fn hermes() -> Nginx {
    let list = |width: usize| (0..width).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
    let [warriors, troops, groups] = WIDTHS.map(list);
    Nginx::open(&format!(
        r#"location = /warriors {{ return 200 '{{"ids":[{warriors}]}}'; }}
           location ~ "^/warriors/\d+$" {{ return 200 '{{"ids":[{troops}]}}'; }}
           location ~ "^/warriors/\d+/\d+$" {{ return 200 '{{"ids":[{groups}]}}'; }}"#
    ))
}

fn config(extra: &str) -> String {
    let stages = ["lists", "warriors", "troops", "groups"];
    let mut text = "[limits.hermes]\nrate = \"500/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
                    max_in_flight = 12\n"
        .to_owned();
    for (stage, next) in stages.iter().zip(stages.iter().skip(1).map(Some).chain([None])) {
        text +=
            &format!("[queues.{stage}]\nlimit = \"hermes\"\ntimeout = \"2s\"\nvisibility = \"5s\"\n{extra}");
        if let Some(next) = next {
            text += &format!(
                "then = {{ queue = \"{next}\", each = \".ids[]\", task = '\"\\($task.url)/\\(.)\"' }}\n"
            );
        }
    }
    text
}

/// A project in which this url waits in the first queue.
fn pushed(api: &Nginx, config: &str, queue: &str, path: &str) -> Folder {
    let folder = Folder::new();
    folder.file("jobq.toml", config);
    folder.file("start.txt", api.url(path));
    run(folder.path(), ["push", queue, "start.txt"]).with_code(0);
    folder
}

/// The shape of the talk that this project grew from: 1 -> 40 -> 1,600 -> 12,800 -> 51,200 calls.
const TALK: [usize; 4] = [40, 40, 8, 4];

/// An API of the talk's shape with a limiter of its own, 2,000 calls a second.
fn talk_api() -> Nginx {
    let ids = |width: usize| (0..width).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
    let limited = "limit_req zone=api burst=40 nodelay; try_files /none";
    let mut server = String::new();
    for (level, width) in TALK.iter().enumerate() {
        let path = format!("^/w{}$", r"/\d+".repeat(level));
        server += &format!("location ~ \"{path}\" {{ {limited} @list{level}; }}\n");
        server += &format!("location @list{level} {{ return 200 '{{\"ids\":[{}]}}'; }}\n", ids(*width));
    }
    server += &format!("location / {{ {limited} @ok; }}");
    Nginx::made_of("limit_req_zone $server_name zone=api:1m rate=2000r/s;\n limit_req_status 429;", &server)
}

fn talk_config() -> String {
    let stages = ["lists", "warriors", "troops", "groups", "data"];
    let mut text = "[limits.hermes]\nrate = \"2000/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
                    max_in_flight = 60\n"
        .to_owned();
    for (at, stage) in stages.iter().enumerate() {
        text += &format!("[queues.{stage}]\nlimit = \"hermes\"\ntimeout = \"2s\"\nvisibility = \"5s\"\n");
        if at == 0 {
            text += "on_complete = { command = [\"sh\", \"-c\", \"cat >> ended.jsonl\"] }\n";
        }
        if let Some(next) = stages.get(at + 1) {
            text += &format!(
                "then = {{ queue = \"{next}\", each = \".ids[]\", task = '\"\\($task.url)/\\(.)\"' }}\n"
            );
        }
    }
    text
}

/// How often each path was called.
fn calls(api: &Nginx) -> HashMap<String, usize> {
    let mut calls = HashMap::new();
    api.calls().into_iter().for_each(|call| *calls.entry(call.path).or_default() += 1);
    calls
}

fn batch(folder: &Folder) -> Value {
    let status = run(folder.path(), ["status", "--json"]).with_code(0).json();
    let batches = status["batches"].as_array().unwrap();
    assert_eq!(batches.len(), 1, "what grows is of the same batch: {status}");
    batches[0].clone()
}

#[test]
fn one_call_grows_into_all_it_lists_each_called_once() {
    let api = hermes();
    let folder = pushed(&api, &config(""), "lists", "/warriors");
    let report = run(folder.path(), ["drain", "--until-empty", "--json"]).with_code(0).json();
    assert_eq!((report["calls"].as_u64(), report["done"].as_u64()), (Some(CALLS as u64), Some(CALLS as u64)));
    let calls = calls(&api);
    assert_eq!(calls.len(), CALLS);
    assert!(calls.values().all(|times| *times == 1), "{calls:?}");
    assert!(calls.contains_key("/warriors/19/19/3"));
    let all = batch(&folder);
    assert_eq!((all["known"].as_u64(), all["done"].as_u64()), (Some(CALLS as u64), Some(CALLS as u64)));
    let shown =
        run(folder.path(), ["batch", "show", all["batch"].as_str().unwrap(), "--json"]).with_code(0).json();
    let stage =
        |stage: &Value| (stage["queue"].as_str().unwrap().to_owned(), stage["done"].as_u64().unwrap());
    let stages: Vec<(String, u64)> = shown["stages"].as_array().unwrap().iter().map(stage).collect();
    let [groups, lists, troops, warriors] = [1_600, 1, 400, 20];
    let each = [("groups", groups), ("lists", lists), ("troops", troops), ("warriors", warriors)];
    assert_eq!(stages, each.map(|(queue, done)| (queue.to_owned(), done)));
}

/// What a drain's bar and a log learn of it.
#[test]
fn what_an_answer_makes_is_told() {
    let api = hermes();
    let folder = pushed(&api, &config(""), "warriors", "/warriors/3");
    let mut drain = jobq(folder.path(), ["drain", "--until-empty", "--json"]);
    let told = Ended::from(drain.env("JOBQ_LOG", "debug,json").output().unwrap()).with_code(0).stderr;
    let lines = told.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut grown: HashMap<(String, String), Vec<u64>> = HashMap::new();
    for line in lines.filter(|line| line["event"] == "tasks_grown") {
        let [queue, into] = ["queue", "into"].map(|key| line[key].as_str().unwrap().to_owned());
        grown.entry((queue, into)).or_default().push(line["tasks"].as_u64().unwrap());
    }
    let way = |queue: &str, into: &str| (queue.to_owned(), into.to_owned());
    let expected = [(way("warriors", "troops"), vec![20]), (way("troops", "groups"), vec![4; 20])];
    assert_eq!(grown, HashMap::from(expected), "an event an answer, and none for what makes nothing");
}

#[test]
fn p1_what_grows_is_whole_whatever_is_killed() {
    let _turn = alone();
    let api = hermes();
    let folder = pushed(&api, &config(""), "lists", "/warriors");
    let drain = || start(folder.path(), ["drain", "--until-empty", "--quiet"]);
    let mut drainers: Vec<Child> = (0..3).map(|_| drain()).collect();
    for kill in 0..KILLS {
        until("the next moment to kill at", || api.calls().len() > CALLS * kill / KILLS);
        let mut victim = std::mem::replace(&mut drainers[kill % 3], drain());
        victim.kill().unwrap();
        victim.wait().unwrap();
    }
    drainers.into_iter().for_each(|drainer| drop(wait(drainer).with_code(0)));
    run(folder.path(), ["drain", "--until-empty", "--quiet"]).with_code(0);

    let calls = calls(&api);
    let again: usize = calls.values().map(|times| times - 1).sum();
    println!("{KILLS} kills: {again} calls made again");
    assert_eq!(calls.len(), CALLS, "not one call is missing, and none is there that nobody listed");
    // A parent that runs twice makes the same children once: it is settled once, and they are sent as it is.
    let batch = batch(&folder);
    assert_eq!((batch["known"].as_u64(), batch["done"].as_u64()), (Some(CALLS as u64), Some(CALLS as u64)));
    assert_eq!(batch["dead"], 0);
}

#[test]
fn p1_the_talks_pipeline_is_whole_and_its_end_told_once_though_three_drainers_are_killed() {
    let _turn = alone();
    let all: usize = 1 + TALK
        .iter()
        .scan(1, |width, more| {
            *width *= more;
            Some(*width)
        })
        .sum::<usize>();
    let api = talk_api();
    let folder = pushed(&api, &talk_config(), "lists", "/w");
    let drain = || start(folder.path(), ["drain", "--until-empty", "--quiet"]);
    // Of each call there are some 30 bytes in nginx's log; reading all of it again and again would take half a processor.
    let logged = || std::fs::metadata(api.log()).map_or(0, |log| usize::try_from(log.len() / 30).unwrap());
    let begun = Instant::now();
    let mut drainers: Vec<Child> = (0..3).map(|_| drain()).collect();
    for (kill, drainer) in drainers.iter_mut().enumerate() {
        until("the next moment to kill at", || logged() > all * (kill + 1) / 4);
        let mut victim = std::mem::replace(drainer, drain());
        victim.kill().unwrap();
        victim.wait().unwrap();
    }
    drainers.into_iter().for_each(|drainer| drop(wait(drainer).with_code(0)));
    println!("{all} calls in {:.1} s, three drainers killed on the way", begun.elapsed().as_secs_f64());

    let answered = api.calls().into_iter().filter(|call| call.status == 200);
    let paths: HashSet<String> = answered.map(|call| call.path).collect();
    assert_eq!(paths.len(), all, "not one call is missing");
    let batch = batch(&folder);
    assert_eq!((batch["known"].as_u64(), batch["done"].as_u64()), (Some(all as u64), Some(all as u64)));
    let told = std::fs::read_to_string(folder.path().join("ended.jsonl")).unwrap();
    let told: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0]["done"].as_u64(), told[0]["dead"].as_u64()), (Some(all as u64), Some(0)));
}

#[test]
fn what_runs_away_is_stopped_with_a_dead_letter_that_says_so() {
    let loops = "[limits.api]\nrate = \"500/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
                 [queues.loop]\nlimit = \"api\"\nmax_hops = 4\n\
                 then = { queue = \"loop\", task = '\"\\($task.url)x\"' }\n";
    let api = hermes();
    let folder = pushed(&api, loops, "loop", "/x");
    run(folder.path(), ["drain", "--until-empty"]).with_code(3);
    assert_eq!(api.calls().len(), 5, "the push's own call and four hops");
    let said = only_letter(&folder, "loop");
    assert_eq!(
        (said["dead"]["reason"].as_str(), said["url"].as_str()),
        (Some("too_deep"), Some(&*api.url("/xxxxx")))
    );
    assert_eq!(said["dead"]["detail"], "hop 4 of at most 4: its answer would make 1 more task");

    let folder = pushed(&api, &config("max_children = 19\n"), "lists", "/warriors");
    run(folder.path(), ["drain", "--until-empty"]).with_code(3);
    let said = only_letter(&folder, "lists");
    assert_eq!(said["dead"]["reason"], "too_many_children");
    assert_eq!(said["dead"]["detail"], "its answer makes more than 19 tasks");
}

#[test]
fn what_cannot_be_rendered_is_a_dead_letter_that_shows_where_and_goes_on_once_mended() {
    let api = hermes();
    let wrong = config("").replace("\"\\($task.url)/\\(.)\"", "if . == 7 then {path: 1} else $task.url end");
    let folder = pushed(&api, &wrong, "lists", "/warriors");
    run(folder.path(), ["drain", "--until-empty"]).with_code(3);
    let said = only_letter(&folder, "lists");
    assert_eq!(said["dead"]["reason"], "unrendered");
    let detail = said["dead"]["detail"].as_str().unwrap();
    let begins = "queues.lists.then.task at item 8: unknown key 'path'";
    assert!(detail.starts_with(begins) && detail.ends_with("; over {\"path\":1}"), "{detail}");
    assert!(said["dead"]["excerpt"].as_str().unwrap().starts_with("{\"ids\":[0,1,2"), "{said}");

    folder.file("jobq.toml", config(""));
    run(folder.path(), ["dlq", "redrive", "lists", "--yes"]).with_code(0);
    run(folder.path(), ["drain", "--until-empty"]).with_code(0);
    assert_eq!(calls(&api).len(), CALLS);
}

#[test]
fn a_program_that_never_ends_is_broken_off_and_the_others_go_on() {
    let api = hermes();
    let endless = config("").replacen("each = \".ids[]\"", "each = \"def f: f; f\"", 1);
    let folder = pushed(&api, &endless, "lists", "/warriors");
    folder.file("one.txt", api.url("/warriors/1"));
    run(folder.path(), ["push", "warriors", "one.txt"]).with_code(0);
    run(folder.path(), ["drain", "--until-empty"]).with_code(3);
    let said = only_letter(&folder, "lists");
    assert_eq!(said["dead"]["detail"], "queues.lists.then.each: it was broken off after 2s");
    assert_eq!(calls(&api).len(), 1 + 1 + 20 + 20 * 4, "the other one's children were called");
}

#[test]
fn a_program_that_cannot_be_read_is_refused_before_anything_is_done() {
    let folder = Folder::new();
    folder.file("jobq.toml", config("").replacen(".ids[]", ".ids[", 1));
    let ended = run(folder.path(), ["status"]).with_code(2);
    assert!(
        ended.stderr.contains("jobq.toml:10: queues.lists.then.each: the program can't be read"),
        "{ended:?}"
    );
    folder.file("jobq.toml", config("").replacen(".ids[]", ".ids | lenght", 1));
    let ended = run(folder.path(), ["status"]).with_code(2);
    assert!(
        ended.stderr.contains("unknown filter 'lenght'") && ended.stderr.contains("'length'"),
        "{ended:?}"
    );
}

#[test]
fn pages_are_followed_by_link_cursor_and_number_to_their_end() {
    let api = Nginx::open(
        r#"location = /next { if ($arg_p = "") { return 200 '{"next":"/next?p=2"}'; }
                              if ($arg_p = 2) { return 200 '{"next":"/next?p=3"}'; } return 200 '{}'; }
           location = /cursor { if ($arg_c = "") { return 200 '{"cursor":"a b&c"}'; } return 200 '{"cursor":null}'; }
           location = /number { if ($arg_page = 3) { return 200 '{"more":false}'; } return 200 '{"more":true}'; }"#,
    );
    let config = "[limits.api]\nrate = \"500/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
                  [queues.links]\nlimit = \"api\"\npage = { next = \".next\" }\n\
                  [queues.cursors]\nlimit = \"api\"\npage = { cursor = \".cursor\", param = \"c\" }\n\
                  [queues.numbers]\nlimit = \"api\"\npage = { number = \".more\", param = \"page\" }\n";
    let folder = pushed(&api, config, "links", "/next");
    for (queue, path) in [("cursors", "/cursor"), ("numbers", "/number?x=1")] {
        folder.file("start.txt", api.url(path));
        run(folder.path(), ["push", queue, "start.txt"]).with_code(0);
    }
    run(folder.path(), ["drain", "--until-empty"]).with_code(0);
    let called: HashSet<String> = calls(&api).into_keys().collect();
    let expected = [
        "/next",
        "/next?p=2",
        "/next?p=3",
        "/cursor",
        "/cursor?c=a+b%26c",
        "/number?x=1",
        "/number?x=1&page=2",
        "/number?x=1&page=3",
    ];
    assert_eq!(called, expected.map(String::from).into());
}

/// The one dead letter of a queue.
fn only_letter(folder: &Folder, queue: &str) -> Value {
    let exported = run(folder.path(), ["dlq", "export", queue]).with_code(0);
    let mut lines = exported.stdout.lines();
    let letter = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!(lines.next(), None, "{exported:?}");
    letter
}
