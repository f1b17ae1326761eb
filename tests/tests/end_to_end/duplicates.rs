//! `push --dedupe`: what is alike is counted and not sent, by whichever process.

use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::run;

const CONFIG: &str =
    "[limits.api]\nrate = \"50/s\"\nhosts = [\"a.example\"]\n[queues.troops]\nlimit = \"api\"\n";

fn project() -> Folder {
    let folder = Folder::new();
    folder.file("jobq.toml", CONFIG);
    folder
}

/// What a push sent and left out.
fn pushed<const N: usize>(folder: &Folder, file: &str, text: &str, options: [&str; N]) -> (u64, u64) {
    folder.file(file, text);
    let args = ["push", "troops", file, "--json"].into_iter().chain(options);
    let report = run(folder.path(), args).with_code(0).json();
    (report["sent"].as_u64().unwrap(), report["duplicates"].as_u64().unwrap())
}

#[test]
fn tasks_of_the_same_id_or_content_are_left_out_of_a_batch() {
    let folder = project();
    let text = "{\"url\": \"https://a.example/1\", \"id\": \"a\"}\n{\"url\": \"https://a.example/1\", \"id\": \"b\"}\n\
                {\"url\": \"https://a.example/2\", \"id\": \"a\"}\n{\"url\": \"https://a.example/3\", \"id\": \"a\"}\n";
    assert_eq!(pushed(&folder, "calls.jsonl", text, ["--dedupe", "content"]), (3, 1));
    assert_eq!(pushed(&folder, "calls.jsonl", text, ["--dedupe", "id", "--again"]), (2, 2));
    // Another batch knows nothing of the first, and a push without it leaves nothing out.
    assert_eq!(pushed(&folder, "calls.jsonl", text, ["--again"]), (4, 0));
    let told =
        run(folder.path(), ["push", "troops", "calls.jsonl", "--dry-run", "--dedupe", "id"]).with_code(0);
    assert!(told.stdout.starts_with("2 tasks, 2 duplicates within the file, 0 refused"), "{told:?}");
    let status = run(folder.path(), ["queue", "show", "troops", "--json"]).with_code(0).json();
    assert_eq!(status["ready"], 9);
}

#[test]
fn what_was_sent_is_remembered_for_as_long_as_it_is_asked_for() {
    let folder = project();
    let [one, two] =
        ["https://a.example/1\nhttps://a.example/2\n", "https://a.example/2\nhttps://a.example/3\n"];
    let options = ["--dedupe", "content", "--dedupe-for", "1d"];
    assert_eq!(pushed(&folder, "one.txt", one, options), (2, 0));
    assert_eq!(pushed(&folder, "two.txt", two, options), (1, 1));
    assert_eq!(
        pushed(&folder, "two.txt", two, ["--dedupe", "content", "--dedupe-for", "1d", "--again"]),
        (0, 2)
    );
    let told = run(
        folder.path(),
        ["push", "troops", "one.txt", "--again", "--dedupe", "content", "--dedupe-for", "1d"],
    );
    assert!(told.with_code(0).stdout.contains("pushed 0 tasks to troops"), "nothing new");
    assert_eq!(pushed(&folder, "one.txt", one, ["--again"]), (2, 0));
}

#[test]
fn wrong_words_are_told_with_right_ones() {
    let folder = project();
    folder.file("calls.txt", "https://a.example/1\n");
    for (options, says) in [
        (vec!["--dedupe", "ids"], "did you mean 'id'?"),
        (vec!["--dedupe", "id", "--dedupe-for", "91d"], "at most 90d"),
        (vec!["--dedupe", "id", "--dedupe-for", "0s"], "zero"),
        (vec!["--dedupe-for", "1d"], "--dedupe <WAY>"),
    ] {
        let args = ["push", "troops", "calls.txt"].into_iter().chain(options);
        let told = run(folder.path(), args).with_code(2);
        assert!(told.stderr.contains(says), "{told:?}");
    }
}
