//! What `deploy` and `destroy` show, as it is stored beside the screens of the other commands: `end_to_end/screens/commands`.

use std::path::Path;

use jobq_tests::aws::{ministack, variables};
use jobq_tests::world::folder::Folder;
use jobq_tests::world::transcript::Transcript;

/// A stack of a name that is the same in every run; nothing of it is ever made.
const PROJECT: &str = "backend = \"aws\"\n[aws]\nstack = \"screens\"\narchitecture = \"x86_64\"\n\
                       [limits.hermes]\nrate = \"50/s\"\nhosts = [\"api.example\"]\n\
                       [queues.troops]\nlimit = \"hermes\"\nresults = \"troops\"\n";

#[test]
fn every_screen_on_aws_is_as_stored() {
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/end_to_end/screens/commands");
    let screens: Vec<_> =
        Transcript::all(&stored).into_iter().filter(|screen| screen.world == "ministack").collect();
    assert!(!screens.is_empty());
    let problems = screens.iter().filter_map(|screen| {
        let folder = Folder::new();
        folder.file("jobq.toml", PROJECT);
        screen.problem(folder.path(), &variables(&ministack().url()))
    });
    let problems: Vec<String> = problems.collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
