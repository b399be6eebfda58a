//! Who is kept out while a host is locked.

use crate::engine::step::functions;
use crate::host::shells_here::{SAY, command, shells};

/// What a second shell says that wants the lock of a first one.
fn second(shell: &[&str], first: &str, second: &str) -> String {
    let home = tempfile::tempdir().unwrap();
    let place = format!("V={0} L={0}/lock", home.path().display());
    let steps = functions();
    let text = format!(
        "{SAY}{steps}\n{place}\nlock {first}; (exec 8>&-; holds=; lock {second} && say \"in${{holds:+ and holding}}\")\n"
    );
    let output = command(shell, &text).output().unwrap();
    assert!(output.stderr.is_empty(), "{shell:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Names and numbers of processes are those of others, too: where runs start in containers, often.
#[test]
fn only_shells_of_one_run_come_in_together() {
    for shell in shells() {
        assert_eq!(second(shell, "'a run' one", "'a run' one"), "mark in\n", "{shell:?}");
        assert_eq!(second(shell, "'a run' one", "'a run' two"), "mark locked a run\n", "{shell:?}");
        assert_eq!(second(shell, "'a run' one", "'another run' two"), "mark locked a run\n", "{shell:?}");
    }
}
