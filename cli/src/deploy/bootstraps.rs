//! The two programs that functions run: found beside jobq, and checked before anything is uploaded.

use std::fs;
use std::path::{Path, PathBuf};

use jobq_core::stack::Architecture;

use super::elf::{Elf, Version};
use crate::failure::Failure;
use crate::printer::Printer;

/// What Amazon Linux 2023, on which functions run, has of glibc.
const GLIBC_OF_LAMBDA: Version = (2, 34);

/// What cargo is told to build.
const WHAT: &str = "-p jobq-drainer -p jobq-autoscaler --features jobq-drainer/lambda,jobq-autoscaler/lambda";

/// A program that functions run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// Drains a limit's queues.
    Drainer,
    /// Sizes the drainers.
    Autoscaler,
}

/// A program, read from its file.
pub(crate) struct Bootstrap {
    pub(crate) program: Program,
    pub(crate) bytes: Vec<u8>,
}

impl Program {
    /// What its file is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Drainer => "drainer",
            Self::Autoscaler => "autoscaler",
        }
    }
}

/// Reads both programs from a folder. What is wrong with them is told all at once.
pub(crate) fn read(
    folder: &Path,
    architecture: Architecture,
    printer: Printer,
) -> Result<[Bootstrap; 2], Failure> {
    match (one(folder, Program::Drainer, architecture), one(folder, Program::Autoscaler, architecture)) {
        (Ok(drainer), Ok(autoscaler)) => {
            warn_of_glibc(&[&drainer.1, &autoscaler.1], printer);
            Ok([drainer.0, autoscaler.0])
        }
        (drainer, autoscaler) => {
            let wrong: Vec<String> = [drainer.err(), autoscaler.err()].into_iter().flatten().collect();
            Err(how_to_build(Failure::usage(wrong.join("\n")), architecture))
        }
    }
}

fn one(folder: &Path, program: Program, architecture: Architecture) -> Result<(Bootstrap, Elf), String> {
    let path: PathBuf = folder.join(program.name());
    let shown = path.display();
    let bytes = fs::read(&path).map_err(|error| format!("read the program {shown}: {error}"))?;
    let elf = Elf::read(&bytes)
        .ok_or_else(|| format!("{shown} is no program for Linux, which functions run on"))?;
    if elf.machine != machine(architecture) {
        let (is, wanted) = (processor(elf.machine), architecture.as_str());
        return Err(format!("{shown} is for {is}, and the functions run on {wanted}"));
    }
    Ok((Bootstrap { program, bytes }, elf))
}

/// A function whose program asks for a newer glibc than there is ends before it begins.
fn warn_of_glibc(programs: &[&Elf], printer: Printer) {
    let newest = programs.iter().filter_map(|elf| elf.glibc).max();
    if let Some((major, minor)) = newest.filter(|newest| *newest > GLIBC_OF_LAMBDA) {
        let (has_major, has_minor) = GLIBC_OF_LAMBDA;
        printer.warn(format_args!(
            "the programs ask for glibc {major}.{minor}, and Lambda has {has_major}.{has_minor}: they won't start there"
        ));
        printer.warn(format_args!(
            "build them for {has_major}.{has_minor}: cargo zigbuild --profile lambda --target ARCH-unknown-linux-gnu.\
             {has_major}.{has_minor} {WHAT}"
        ));
    }
}

fn how_to_build(failure: Failure, architecture: Architecture) -> Failure {
    let (here, other) = match architecture {
        Architecture::Arm64 => ("aarch64", "x86_64"),
        Architecture::X86 => ("x86_64", "aarch64"),
    };
    let failure = if cfg!(all(target_os = "linux", target_arch = "x86_64"))
        && architecture == Architecture::X86
        || cfg!(all(target_os = "linux", target_arch = "aarch64")) && architecture == Architecture::Arm64
    {
        failure.hint(format!("build them: cargo build --profile lambda {WHAT}"))
    } else {
        let target = format!("{here}-unknown-linux-gnu");
        failure
            .hint(format!("build them: cargo zigbuild --profile lambda --target {target}.2.34 {WHAT}"))
            .hint(format!("then: jobq deploy --bootstraps target/{target}/lambda"))
    };
    let word = if other == "aarch64" { "arm64" } else { other };
    failure
        .hint("say where they are: jobq deploy --bootstraps DIR")
        .hint(format!("or have functions run on the other processor: architecture = \"{word}\" under [aws]"))
}

/// ELF's number of a processor.
fn machine(architecture: Architecture) -> u16 {
    match architecture {
        Architecture::X86 => 62,
        Architecture::Arm64 => 183,
    }
}

fn processor(machine: u16) -> String {
    match machine {
        62 => "x86_64".to_owned(),
        183 => "arm64".to_owned(),
        other => format!("processor number {other}"),
    }
}
