//! What is embedded in the program beside its source: a change in the roles is a reason to build it again, and what boots
//! throwaway hosts goes into an archive, which keeps modes and links.

use std::path::PathBuf;
use std::process::Command;

fn main() {
    for path in ["roles", "testbed/hosts.sh", "testbed/images"] {
        println!("cargo:rerun-if-changed={path}");
    }
    let archive = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("hosts.tar");
    let tar = Command::new("tar")
        .args([
            "--sort=name",
            "--mtime=@0",
            "--owner=0",
            "--group=0",
            "--numeric-owner",
            "--mode=u+rw,go+rX,go-w",
            "-cf",
        ])
        .arg(&archive)
        .args(["-C", "testbed", "hosts.sh", "images"])
        .status();
    assert!(tar.is_ok_and(|status| status.success()), "tar could not pack testbed/images");
}
