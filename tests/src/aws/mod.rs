//! Stand-ins for AWS on loopback. Real AWS is never reached.
//!
//! Two emulators that know nothing of each other: `MiniStack` runs functions and stacks, `Moto` is the
//! second opinion. Both come from `target/venv`, which `./test.sh` makes and `JOBQ_VENV` names.

pub mod emulator;
mod ministack;
mod moto;
mod per_process;
pub mod plain_http;
pub mod proxy;
pub mod request_kind;

pub use emulator::program;
pub use ministack::MiniStack;
pub use moto::Moto;
pub use per_process::{ministack, moto, unique};

/// The key that both accept, which is the secret of itself.
pub const KEY: &str = "test";

/// The only region there is.
pub const REGION: &str = "us-east-1";

/// The environment of a process that is to take `url` for AWS, and to find no other AWS.
pub fn variables(url: &str) -> [(&'static str, String); 5] {
    let pairs = [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", KEY),
        ("AWS_SECRET_ACCESS_KEY", KEY),
        ("AWS_REGION", REGION),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    pairs.map(|(name, value)| (name, value.to_owned()))
}
