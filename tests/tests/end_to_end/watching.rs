//! `jobq status`, once and watched: in a real terminal, and in a pipe.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use jobq_tests::world::access_log::with_status;
use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{jobq, run, start, wait};
use jobq_tests::world::nginx::Nginx;
use jobq_tests::world::patience;
use jobq_tests::world::terminal::Terminal;

/// A store with two waiting queues, one of which has dead letters, a limit that is nearly too small, and one that a
/// schedule keeps closed.
fn prepared() -> Folder {
    let folder = Folder::new();
    folder.file(
        "jobq.toml",
        "[limits.hermes]\nrate = \"50/s\"\nquotas = [\"900/h\"]\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
         [queues.troops]\nlimit = \"hermes\"\nweight = 2\n[queues.groups]\nlimit = \"hermes\"\n\
         [limits.night]\nrate = \"1/s\"\nhosts = [\"api.example\"]\n\
         [queues.reports]\nlimit = \"night\"\nschedule = [\"cron(0 22 L DEC ? 2199) for 4h\"]\n",
    );
    let api = Nginx::open("location /gone { return 404 'no such troop'; }");
    folder.file("gone.txt", format!("{}\n{}\n", api.url("/gone/1"), api.url("/gone/2")));
    run(folder.path(), ["push", "groups", "gone.txt", "--batch", "lost"]).with_code(0);
    run(folder.path(), ["drain", "hermes", "--until-empty"]).with_code(3);
    for (queue, count) in [("troops", 990), ("groups", 7), ("reports", 3)] {
        let urls: String = (0..count).map(|n| format!("https://api.example/{queue}/{n}\n")).collect();
        folder.file("more.txt", urls);
        run(folder.path(), ["push", queue, "more.txt", "--batch", queue]).with_code(0);
    }
    folder
}

fn watching(folder: &Folder, size: (u16, u16), environment: &str) -> Terminal {
    let program = std::env::var("JOBQ_BIN").expect("JOBQ_BIN is not set: run the tests with ./test.sh");
    let command = format!(
        "sh -c 'echo $$ >jobq.pid; exec env {environment} \"{program}\" status --watch --interval 100ms';
         echo \"ended with $?\"; stty -a; exec cat"
    );
    Terminal::start(folder.path(), size, &command)
}

/// The screen without what is different each time: the time of day, ages, what a limit was used, and how long the
/// sparklines are.
fn without_time(screen: &str) -> String {
    let mut changing = None;
    let line = |line: &str| {
        let heading =
            ["OLDEST", " USED"].into_iter().find_map(|heading| Some((line.find(heading)?, heading.len())));
        let is_row = line.starts_with("  ") || line.starts_with("> ");
        changing = heading.or(changing).filter(|_| is_row);
        let line = line.trim_end_matches(['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']);
        let blank = |(place, c): (usize, char)| {
            let is_cell =
                heading.is_none() && changing.is_some_and(|(at, length)| (at..at + length).contains(&place));
            if is_cell { ' ' } else { c }
        };
        let line: String = line.chars().enumerate().map(blank).collect();
        match line.strip_prefix("jobq status  ") {
            Some(time) if time.trim_end().len() == "14:03:07 UTC".len() => "jobq status  TIME".to_owned(),
            _ => line.trim_end().to_owned(),
        }
    };
    screen.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn assert_screen(shown: &str, stored: &str) {
    let (shown, stored) = (without_time(shown), stored.trim_end());
    assert_eq!(shown, stored, "the screen was:\n{shown}\n");
}

#[test]
fn the_first_screen_and_a_narrow_one_are_as_stored() {
    let folder = prepared();
    let terminal = watching(&folder, (110, 20), "");
    assert_screen(&terminal.shows("q quit"), include_str!("screens/wide.txt"));
    assert!(terminal.is_taken());
    terminal.resize(40, 16);
    terminal.shows("j/k  d dead");
    patience::until("the narrow screen is drawn", || {
        without_time(&terminal.text()) == include_str!("screens/narrow.txt").trim_end()
    });
    terminal.resize(110, 20);
    terminal.shows("d dead letters");
}

#[test]
fn keys_select_a_queue_show_its_dead_letters_and_pause_its_limit() {
    let folder = prepared();
    let terminal = watching(&folder, (110, 20), "");
    terminal.shows("> troops");
    terminal.press("j");
    terminal.shows("> groups");
    terminal.press("d");
    let letters = terminal.shows("dead letters of groups: 2");
    assert!(
        letters.contains("lost-1")
            && letters.contains("rejected")
            && letters.contains("the API answered 404"),
        "{letters}"
    );
    terminal.press("Escape");
    terminal.shows("jobq status");
    terminal.press("Up");
    terminal.shows("> troops");

    terminal.press("p");
    terminal.shows("pause the limit hermes? y/n");
    terminal.press("n");
    terminal.shows("q quit");
    let limit = || run(folder.path(), ["limit", "show", "hermes", "--json"]).with_code(0).json();
    assert_eq!(limit()["paused"], false);
    terminal.press("p");
    terminal.shows("? y/n");
    terminal.press("y");
    terminal.shows("hermes: paused");
    let change = &limit()["changes"][0];
    assert_eq!((&change["what"], limit()["paused"].as_bool()), (&"pause".into(), Some(true)));
    assert_eq!(change["why"], "by hand, in jobq status --watch");
    assert!(change["who"].as_str().unwrap().contains('@'), "{change}");
    let shown = terminal.shows("paused by hand");
    assert!(
        without_time(&shown).lines().any(|line| line.starts_with("> troops") && line.contains("paused")),
        "{shown}"
    );
    terminal.press("p");
    terminal.shows("resume the limit hermes? y/n");
    terminal.press("y");
    terminal.shows("hermes: resumed");
    assert_eq!(limit()["paused"], false);
}

/// However it ends, the terminal is as it was.
#[test]
fn the_terminal_is_given_back() {
    let folder = prepared();
    type End<'a> = &'a dyn Fn(&Terminal);
    let ends: [(&str, End<'_>); 3] = [
        ("q", &|terminal| terminal.press("q")),
        ("Ctrl-C", &|terminal| terminal.press("C-c")),
        ("SIGTERM", &|_| {
            let process = folder.read("jobq.pid");
            assert!(Command::new("kill").args(["-TERM", process.trim()]).status().unwrap().success());
        }),
    ];
    for (name, end) in ends {
        let terminal = watching(&folder, (90, 20), "");
        terminal.shows("> troops");
        end(&terminal);
        let after = terminal.shows("ended with 0");
        let settings = terminal.shows(" echo ");
        assert!(!terminal.is_taken(), "{name}: {after}");
        assert!(settings.contains(" icanon") && !settings.contains("-icanon"), "{name}: {settings}");
        assert!(!after.contains("> troops"), "{name}: {after}");
    }
}

/// The numbers of all sequences that set a style: 1 is bold, 7 is reversed, 30 to 37 are colours.
fn styles(text: &str) -> Vec<u8> {
    let sequences = text.split("\u{1b}[").skip(1).filter_map(|rest| Some(rest.split_once('m')?.0));
    sequences.flat_map(|numbers| numbers.split(';')).filter_map(|number| number.parse().ok()).collect()
}

#[test]
fn there_is_no_colour_where_none_is_wanted() {
    let folder = prepared();
    let coloured = |terminal: &Terminal| {
        terminal.shows("q quit");
        styles(&terminal.styled()).iter().any(|style| matches!(style, 30..=38 | 40..=48 | 90..=107))
    };
    let with = watching(&folder, (110, 20), "");
    assert!(coloured(&with), "{}", with.styled());
    let without = watching(&folder, (110, 20), "NO_COLOR=1");
    assert!(!coloured(&without), "{}", without.styled());
    assert_eq!(without_time(&with.text()), without_time(&without.text()));
}

#[test]
fn in_a_pipe_it_prints_a_reading_each_interval_until_nobody_reads() {
    let folder = prepared();
    let mut watch = jobq(folder.path(), ["status", "--watch", "--interval", "50ms", "--json"]);
    let mut watch = watch.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut readings =
        (0..3).map(|_| serde_json::from_str::<serde_json::Value>(&lines.next().unwrap().unwrap()).unwrap());
    assert!(readings.all(|reading| reading["at"].is_string() && reading["queues"][1]["ready"] == 3));
    drop(lines);
    assert_eq!(watch.wait().unwrap().code(), Some(0));
}

#[test]
fn an_interval_without_a_watch_is_refused() {
    let folder = prepared();
    let refused = run(folder.path(), ["status", "--interval", "1s"]).with_code(2);
    assert!(refused.stderr.contains("--watch"), "{refused:?}");
    run(folder.path(), ["status", "--watch", "--interval", "0s"]).with_code(2);
}

/// How many calls were refused is counted with the slots: as many as the API has answered with 429.
#[test]
fn refusals_are_told() {
    let api = Nginx::limiting("5r/s", 1);
    let folder = Folder::new();
    folder.file("calls.txt", api.urls(12));
    folder.file(
        "jobq.toml",
        "[limits.api]\nrate = \"20/s\"\nhosts = [\"127.0.0.1\"]\nallow_private = true\n\
         [queues.calls]\nlimit = \"api\"\n",
    );
    run(folder.path(), ["push", "calls", "calls.txt"]).with_code(0);
    let drain = start(folder.path(), ["drain", "--until-empty"]);
    patience::until("as many refusals are told as there were", || {
        let limit = run(folder.path(), ["limit", "show", "api", "--json"]).with_code(0).json();
        let refused = with_status(&api.calls(), 429);
        refused > 0 && limit["refused_per_minute"] == refused
    });
    wait(drain).with_code(0);
}

/// The text and the JSON of `jobq status`, as stored.
#[test]
fn status_is_told_as_stored() {
    let folder = prepared();
    let text = run(folder.path(), ["status"]).with_code(0).stdout;
    let shown: String = text.lines().map(|line| format!("{}\n", stable(line))).collect();
    assert_eq!(shown.trim_end(), include_str!("screens/status.txt").trim_end(), "{shown}");
    let json = run(folder.path(), ["status", "--json"]).with_code(0).json();
    let shown = serde_json::to_string_pretty(&stable_json(json)).unwrap();
    assert_eq!(shown.trim_end(), include_str!("screens/status.json").trim_end(), "{shown}");
}

/// A line of words, one blank between them, without ages and what a limit was used.
fn stable(line: &str) -> String {
    let is_age = |word: &str| word.ends_with('s') && word.contains('.') && word[..1].parse::<u8>().is_ok();
    let mut words: Vec<&str> = line.split_whitespace().collect();
    if ["hermes", "night"].contains(words.first().unwrap_or(&"")) {
        words[3] = "USED";
    }
    let stable =
        |word: &&str| if is_age(word) && !word.contains('/') { "AGE".to_owned() } else { (*word).to_owned() };
    words.iter().map(stable).collect::<Vec<_>>().join(" ")
}

fn stable_json(mut value: serde_json::Value) -> serde_json::Value {
    match &mut value {
        serde_json::Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                *field = match name.as_str() {
                    "oldest_seconds" | "frees_at" | "used_per_second" | "ended_per_second" | "seconds" => {
                        "CHANGES".into()
                    }
                    "created_at" | "finished_at" if field.is_string() => "CHANGES".into(),
                    "least_seconds" if field.is_number() => "CHANGES".into(),
                    _ => stable_json(field.take()),
                };
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| *item = stable_json(item.take())),
        _ => {}
    }
    value
}
