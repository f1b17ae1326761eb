//! The program without root's rights, to which permissions are nothing.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use super::Case;
use jobq_tests::world::jobq::Ended;

/// Permissions are nothing to root, so the program is run as nobody.
pub(super) fn as_nobody(case: &Case) -> Ended {
    let program = std::env::var_os("JOBQ_BIN").unwrap();
    let here = case.folder.file("jobq", std::fs::read(program).unwrap());
    std::fs::set_permissions(&here, PermissionsExt::from_mode(0o755)).unwrap();
    let mut command = if Command::new("id").arg("-u").output().unwrap().stdout == b"0\n" {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&here);
        command
    } else {
        Command::new(&here)
    };
    command.args(&case.args).current_dir(case.folder.path()).stdin(Stdio::null());
    Ended::from(command.output().expect("setpriv is missing: install util-linux"))
}

pub(super) fn read_only(case: &Case, path: &str) {
    std::fs::set_permissions(case.folder.path().join(path), PermissionsExt::from_mode(0o555)).unwrap();
}
