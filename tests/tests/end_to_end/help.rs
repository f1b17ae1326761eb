//! The command line as it is stored: every command has its help in `help/`, and a manual page.
//!
//! After a change on purpose: `JOBQ_BLESS=1 ./test.sh help_is_as_stored`, and read the difference as somebody whose scripts
//! type these commands.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use jobq_tests::world::folder::Folder;
use jobq_tests::world::jobq::{Ended, jobq, run};

/// Every command, by the words that are typed for it, with its help; jobq itself is the first.
fn helps() -> Vec<(Vec<String>, String)> {
    let folder = Folder::new();
    let (mut helps, mut open) = (Vec::new(), vec![Vec::new()]);
    while let Some(words) = open.pop() {
        let typed = words.iter().map(String::as_str).chain(["--help"]);
        // How wide a help is told is the terminal's matter.
        let mut asked = jobq(folder.path(), typed);
        let help = Ended::from(asked.env_remove("COLUMNS").output().unwrap()).with_code(0).stdout;
        open.extend(below(&help).map(|word| [&words[..], &[word.to_owned()]].concat()));
        helps.push((words, help));
    }
    assert!(helps.len() > 25, "only {helps:?}");
    helps
}

/// Every command, by the words that are typed for it.
pub(crate) fn commands() -> Vec<Vec<String>> {
    helps().into_iter().map(|(words, _)| words).collect()
}

/// The commands that a help lists.
fn below(help: &str) -> impl Iterator<Item = &str> {
    let list =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A description that goes on in the next line is indented more.
    let words = list.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    words.filter(|word| !["", "help"].contains(word))
}

/// `jobq-dlq-redrive`.
fn name(words: &[String]) -> String {
    [&["jobq".to_owned()], words].concat().join("-")
}

#[test]
fn help_is_as_stored() {
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/end_to_end/help");
    let helps = helps();
    if env::var_os("JOBQ_BLESS").is_some() {
        let _ = fs::remove_dir_all(&stored);
        fs::create_dir_all(&stored).unwrap();
        for (words, help) in &helps {
            fs::write(stored.join(format!("{}.txt", name(words))), help).unwrap();
        }
    }
    for (words, help) in &helps {
        let path = stored.join(format!("{}.txt", name(words)));
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(*help, kept, "{} is not what --help prints", path.display());
    }
    let names: BTreeSet<String> = helps.iter().map(|(words, _)| format!("{}.txt", name(words))).collect();
    assert_eq!(names, files(&stored), "help of commands that are no more");
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = Folder::new();
    let told = run(folder.path(), ["man", "pages/man1"]).with_code(0);
    assert_eq!(told.stdout, "");
    let pages = folder.path().join("pages/man1");
    let helps = helps();
    let names: BTreeSet<String> = helps.iter().map(|(words, _)| format!("{}.1", name(words))).collect();
    assert_eq!(files(&pages), names);
    for (words, help) in helps {
        let path = pages.join(format!("{}.1", name(&words)));
        let page = fs::read_to_string(&path).unwrap();
        for part in [".TH ", ".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH OPTIONS"] {
            assert!(page.contains(&format!("\n{part}")), "{part} is not in {page}");
        }
        // As roff writes hyphens and apostrophes.
        let plain = page.replace('\\', "").replace("*(Aq", "'");
        let about = help.lines().next().unwrap();
        assert!(plain.contains(about), "{about:?} is not in {plain}");
        let flags = help.split_whitespace().filter(|word| word.starts_with("--"));
        let flags = flags.map(|word| word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()));
        flags.for_each(|flag| assert!(plain.contains(flag), "{flag} is not in {plain}"));
        nothing_to_warn_of(&path);
    }
    assert_eq!(run(folder.path(), ["man"]).with_code(0).stdout, folder.read("pages/man1/jobq.1"));
}

/// What reads the pages where they are installed has nothing to say, where it is at hand.
fn nothing_to_warn_of(page: &Path) {
    if let Ok(read) = Command::new("groff").args(["-man", "-ww", "-Tutf8", "-z"]).arg(page).output() {
        assert!(read.status.success(), "{read:?}");
        assert_eq!(String::from_utf8_lossy(&read.stderr), "", "{}", page.display());
    }
}

fn files(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
