//! A page that says what to type and what then comes, as somebody who follows it would find it.
//!
//! A block of the page that is marked `console` has lines `$ COMMAND`, and below each what the command prints.

use std::path::Path;
use std::{env, fs};

use super::transcript::shell;
use super::volatile;

/// Types every command of the page in `folder`, in order. Of an address that the page has, what is called is the one beside
/// it. Answers what is wrong: that a command fails, or prints something else. With `JOBQ_BLESS` set the page gets it instead.
pub fn problem(page: &Path, folder: &Path, addresses: &[(String, String)]) -> Option<String> {
    let written = fs::read_to_string(page).unwrap();
    let mut lines = written.lines().peekable();
    let (mut followed, mut problems, mut in_console) = (String::new(), String::new(), false);
    while let Some(line) = lines.next() {
        followed += &format!("{line}\n");
        in_console = line == "```console" || in_console && line != "```";
        let Some(command) = line.strip_prefix("$ ").filter(|_| in_console) else { continue };
        let mut said = String::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("$ ") && *line != "```") {
            said += &format!("{line}\n");
        }
        let ended = shell(folder, &addresses.iter().fold(command.to_owned(), put_in), &[]);
        let printed = addresses.iter().fold(ended.stdout.clone(), take_out);
        if ended.code != Some(0) {
            problems += &format!("{}: '{command}' failed: {ended:?}\n", page.display());
        } else if plain(&printed, folder) != plain(&said, folder) {
            problems += &format!("{}: '{command}' prints now\n{printed}", page.display());
        }
        followed += &printed;
    }
    if env::var_os("JOBQ_BLESS").is_some() && !problems.contains("' failed: ") {
        fs::write(page, followed).unwrap();
        return None;
    }
    (!problems.is_empty()).then_some(problems)
}

fn put_in(text: String, (written, real): &(String, String)) -> String {
    text.replace(written, real)
}

fn take_out(text: String, (written, real): &(String, String)) -> String {
    text.replace(real, written)
}

fn plain(text: &str, folder: &Path) -> String {
    volatile::without(text, folder)
}
