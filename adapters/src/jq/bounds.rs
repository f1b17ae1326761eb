//! What a child may use: little memory, little time, no files.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// What the program itself takes of its address space, beside what it works with.
const PROGRAM: u64 = 512 << 20;

/// Bounds the process for good, to `memory` bytes of data. It has its three pipes open and gets no more.
pub(super) fn bind(memory: u64) -> io::Result<()> {
    let bounds = [
        (Resource::Data, memory),
        (Resource::As, memory + PROGRAM),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nofile, 3),
        (Resource::Nproc, 0),
    ];
    for (resource, most) in bounds {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}

/// Lets the process use so many more seconds of a processor, of which the last may be a part.
pub(super) fn allow_seconds(seconds: u64) -> io::Result<()> {
    let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or_default();
    let maximum = getrlimit(Resource::Cpu).maximum;
    setrlimit(Resource::Cpu, Rlimit { current: Some(used + seconds), maximum })?;
    Ok(())
}
