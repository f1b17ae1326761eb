//! One of each stand-in for all tests of a process: each takes up to a second and a hundred megabytes.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::ministack::MiniStack;
use super::moto::Moto;

/// The MiniStack that the tests of this process have in common, started at its first use.
///
/// # Panics
/// If it doesn't start.
pub fn ministack() -> &'static MiniStack {
    static MINISTACK: LazyLock<MiniStack> = LazyLock::new(MiniStack::start);
    &MINISTACK
}

/// The moto that the tests of this process have in common, started at its first use.
///
/// # Panics
/// If it doesn't start.
pub fn moto() -> &'static Moto {
    static MOTO: LazyLock<Moto> = LazyLock::new(Moto::start);
    &MOTO
}

/// A name that no other test has: `prefix-PROCESS-NUMBER`. Tests that share a stand-in don't share names.
pub fn unique(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{prefix}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
