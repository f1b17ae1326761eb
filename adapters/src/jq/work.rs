//! Runs a job's programs, one link after the other. Nothing bounds them here: see `child`.

use std::collections::HashMap;

use jaq_json::{Val, read};
use jobq_core::jq::{Act, Failed, Job, Link, Made};
use jobq_core::nesting;

use super::language::Program;

/// How deep values may be nested: readers of JSON recurse.
const DEEPEST: usize = 128;

/// How many bytes all values of a job may have, written out.
const MOST_BYTES: usize = 64 << 20;

/// How much of an input is shown where a program failed.
const EXCERPT: usize = 200;

/// How many compiled programs are kept.
const KEPT: usize = 256;

/// Runs jobs, and keeps the programs it has compiled.
#[derive(Default)]
pub struct Worker {
    programs: HashMap<String, Program>,
}

/// A link under way: its chain's number, from 0, and its own in it.
pub type Place = (usize, usize);

impl Worker {
    /// Runs a job. `begins` is told of each link before it is run.
    ///
    /// # Errors
    /// What the input, or a program, is refused for.
    pub fn run(&mut self, job: &Job, begins: &mut dyn FnMut(Place)) -> Result<Made, Failed> {
        if self.programs.len() > KEPT {
            self.programs.clear();
        }
        let input = input(&job.input)?;
        let names: Vec<&str> = job.variables.iter().map(|(name, _)| name.as_str()).collect();
        let values: Result<Vec<Val>, Failed> =
            job.variables.iter().map(|(_, text)| parsed(text.as_bytes())).collect();
        let values = values?;
        let (mut made, mut count, mut bytes) = (Vec::new(), 0, 0);
        for (chain, links) in job.chains.iter().enumerate() {
            let mut items = vec![input.clone()];
            for (at, link) in links.iter().enumerate() {
                let place = (chain, at);
                begins(place);
                let program = self.program(&link.code, &names, place)?;
                items = follow(program, link, items, &values, job.most, place)?;
            }
            count += items.len();
            let texts: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
            bytes += texts.iter().map(String::len).sum::<usize>();
            if count > job.most || bytes > MOST_BYTES {
                return Err(Failed::TooMany);
            }
            made.push(texts);
        }
        Ok(made)
    }

    fn program(&mut self, code: &str, names: &[&str], place: Place) -> Result<&Program, Failed> {
        let key = format!("{}\n{code}", names.join(" "));
        if !self.programs.contains_key(&key) {
            let program = Program::new(code, names).map_err(|wrong| Failed::Program {
                chain: place.0,
                link: place.1,
                item: None,
                said: wrong.message,
                excerpt: String::new(),
            })?;
            self.programs.insert(key.clone(), program);
        }
        Ok(&self.programs[&key])
    }
}

fn follow(
    program: &Program,
    link: &Link,
    items: Vec<Val>,
    values: &[Val],
    most: usize,
    (chain, at): Place,
) -> Result<Vec<Val>, Failed> {
    let mut next = Vec::new();
    for (number, item) in items.into_iter().enumerate() {
        let failed = |said: String| Failed::Program {
            chain,
            link: at,
            item: Some(number),
            said,
            excerpt: item.to_string().chars().take(EXCERPT).collect(),
        };
        let mut made = program.run(item.clone(), values);
        match link.act {
            Act::Keeps => {
                let kept = made.next().transpose().map_err(failed)?;
                if kept.is_some_and(|kept| !matches!(kept, Val::Null | Val::Bool(false))) {
                    next.push(item.clone());
                }
            }
            Act::Makes => {
                for value in made {
                    next.push(value.map_err(failed)?);
                    if next.len() > most {
                        return Err(Failed::TooMany);
                    }
                }
            }
        }
    }
    Ok(next)
}

fn input(text: &[u8]) -> Result<Val, Failed> {
    if text.trim_ascii().is_empty() { Ok(Val::Null) } else { parsed(text) }
}

fn parsed(text: &[u8]) -> Result<Val, Failed> {
    nesting::check(text, DEEPEST)
        .map_err(|_| Failed::Input(format!("the answer is nested deeper than {DEEPEST} levels")))?;
    read::parse_single(text).map_err(|error| {
        let begins: String = String::from_utf8_lossy(&text[..text.len().min(60)]).escape_debug().collect();
        Failed::Input(format!("the answer is not JSON: {error}; it begins with '{begins}'"))
    })
}
