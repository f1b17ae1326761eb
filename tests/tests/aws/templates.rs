//! What CloudFormation's own judge, cfn-lint, says of the templates in infra/golden: nothing at all, hints included.
//! That they are what is rendered is tested beside them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jobq_tests::aws::program;

#[test]
fn templates_are_beyond_reproach() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/golden");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let templates: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    assert!(templates.len() >= 3, "{templates:?}");
    assert_eq!(findings(&templates), "");
}

#[test]
fn the_judge_finds_what_is_wrong() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/golden/minimal.json");
    let wrong = fs::read_to_string(golden).unwrap();
    let wrong = wrong.replace("\"MaximumEventAgeInSeconds\": 60", "\"MaximumEventAgeInSeconds\": 59");
    let wrong = wrong.replacen("\"DeletionPolicy\": \"Delete\",", "", 1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.json");
    fs::write(&path, wrong).unwrap();
    let found = findings(&[path]);
    assert!(found.contains("E3034") && found.contains("I3011"), "{found}");
}

/// What cfn-lint says of templates, from what is impossible to what might be better.
fn findings(templates: &[PathBuf]) -> String {
    let mut judge = Command::new(program("cfn-lint"));
    // Regions of three partitions differ in what they have.
    judge.args(["--include-checks", "I", "--regions", "us-east-1", "eu-north-1", "us-gov-west-1", "--"]);
    let answer = judge.args(templates).output().unwrap();
    String::from_utf8_lossy(&answer.stdout).into_owned() + &String::from_utf8_lossy(&answer.stderr)
}
