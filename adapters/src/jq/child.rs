//! The process that runs programs: the program's own file, started again with a hidden argument.

use std::ffi::OsString;
use std::io::{self, BufReader, Read, Write};
use std::process::ExitCode;

use super::bounds;
use super::frame::{self, Asked, Said};
use super::work::Worker;

/// What the file is started with. Nobody else starts it so.
pub(super) const ARGUMENT: &str = "--jobq-runs-jq-programs";

/// Runs programs until standard input ends, if that is what this process was started for, by its arguments after the
/// program's name. To be asked before anything else is done.
pub fn serve_if_asked(mut arguments: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    if arguments.next()? != ARGUMENT {
        return None;
    }
    let mut number = || arguments.next()?.to_str()?.parse().ok();
    let (memory, seconds) = (number()?, number()?);
    Some(match serve(memory, seconds) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

fn serve(memory: u64, seconds: u64) -> io::Result<()> {
    bounds::bind(memory)?;
    let mut input = BufReader::new(io::stdin().lock());
    let mut output = io::stdout().lock();
    let mut worker = Worker::default();
    while one(&mut worker, seconds, &mut input, &mut output)? {}
    Ok(())
}

fn one(
    worker: &mut Worker,
    seconds: u64,
    input: &mut impl Read,
    output: &mut impl Write,
) -> io::Result<bool> {
    let (Some(asked), Some(text)) = (frame::read(input)?, frame::read(input)?) else {
        return Ok(false);
    };
    let asked: Asked = serde_json::from_slice(&asked)?;
    let job = asked.job(text);
    // In whole seconds, of which some part is used already.
    bounds::allow_seconds(seconds + 1)?;
    let mut told = Ok(());
    let done = worker.run(&job, &mut |(chain, link)| {
        // What is run by itself is known without a word.
        if job.chains.len() > 1 || job.chains.first().is_some_and(|links| links.len() > 1) {
            told = tell(output, &Said::At(chain, link));
        }
    });
    told?;
    tell(output, &Said::new(done))?;
    Ok(true)
}

fn tell(output: &mut impl Write, said: &Said) -> io::Result<()> {
    frame::write(output, &serde_json::to_vec(said)?)
}
