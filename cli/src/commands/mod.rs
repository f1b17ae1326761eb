//! The commands, one file each.

pub(crate) mod batch;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod deploy;
pub(crate) mod destroy;
pub(crate) mod dlq;
pub(crate) mod doctor;
pub(crate) mod drain;
pub(crate) mod init;
pub(crate) mod limit;
pub(crate) mod man;
pub(crate) mod push;
pub(crate) mod queue;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod status;
pub(crate) mod synth;

use crate::args::{Args, Command};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

/// Does what the command line asks for.
pub(crate) fn run(args: Args, printer: &Printer) -> Result<Exit, Failure> {
    let (global, printer) = (&args.global, *printer);
    match args.command {
        Command::Completions { shell } => completions::run(shell, printer),
        Command::Man(args) => man::run(&args, printer),
        Command::Init(args) => init::run(&args, global, printer),
        Command::Demo => on_runtime(demo::run(printer)),
        Command::Run(args) => on_runtime(run::run(args, global, printer)),
        Command::Push(args) => on_runtime(push::run(args, global, printer)),
        Command::Drain(args) => on_runtime(drain::run(args, global, printer)),
        Command::Serve(args) => on_runtime(serve::run(args, global, printer)),
        Command::Status(args) => on_runtime(status::run(args, global, printer)),
        Command::Queue(command) => on_runtime(queue::run(command, global, printer)),
        Command::Batch(command) => on_runtime(batch::run(command, global, printer)),
        Command::Limit(command) => on_runtime(limit::run(command, global, printer)),
        Command::Synth(args) => synth::run(&args, global, printer),
        Command::Deploy(args) => on_runtime(deploy::run(args, global, printer)),
        Command::Destroy(args) => on_runtime(destroy::run(args, global, printer)),
        Command::Doctor(args) => on_runtime(doctor::run(args, global, printer)),
        Command::Dlq(command) => on_runtime(dlq::run(command, global, printer)),
    }
}

/// Runs a command on one thread: calls are waited for, not computed; the queue and the results have threads of
/// their own.
fn on_runtime(command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::failed(format!("start the runtime: {error}")))?;
    let exit = runtime.block_on(async {
        let _outlived = outlive_file_size_limit();
        command.await
    });
    // A look-up of a name that hangs must not hold the program up.
    runtime.shutdown_background();
    exit
}

/// A file that may grow no further is told by the write's own error, after which the drain waits for room; the
/// signal that comes with it would kill the process. Holds for as long as the value lives.
fn outlive_file_size_limit() -> Option<tokio::signal::unix::Signal> {
    /// The number of SIGXFSZ on Linux and macOS.
    const FILE_SIZE: i32 = 25;
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(FILE_SIZE)).ok()
}
