//! Ranges of subordinate ids, from files that people edit.

use crate::engine::step::functions;
use crate::host::shells_here::{SAY, command, shells};

/// What `alice`, whose number is 1000, is given where a file says this.
fn given(shell: &[&str], says: &str) -> String {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("subuid"), says).unwrap();
    let steps = functions();
    let text = format!(
        "{SAY}{steps}\nT='{}'; id() {{ echo 1000; }}; logged() {{ echo \"$*\"; }}\n\
         subordinate \"$T/subuid\" alice --add-subuids; echo \"ended with $?\"\n",
        place.path().display()
    );
    let output = command(shell, &text).output().unwrap();
    assert!(output.stderr.is_empty(), "{shell:?}: {}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = said.strip_suffix("ended with 0\n").unwrap_or_else(|| panic!("{shell:?}: {said}"));
    said.trim_end().to_owned()
}

#[test]
fn ids_that_nobody_has() {
    let first = "usermod --add-subuids 100000-165535 alice";
    let second = "usermod --add-subuids 165536-231071 alice";
    for shell in shells() {
        for (says, given_to_alice) in [
            ("", first),
            ("bob:100000:65536\n", second),
            ("# made by hand: see the wiki\n\nbob:100000:65536\n#:x:y\n", second),
            ("bob:100000:65536", second),
            // what is no number is no range, and nothing to reckon with
            ("bob:100000\nbob:$(echo 1):65536\nbob:a[$(id)]:1\nbob:0x20000:65536\nbob:99999999999999999999:1\n", first),
            ("bob:0100000:065536\n", second),
            ("bob:0100008:0\n", "usermod --add-subuids 100008-165543 alice"),
            ("# alice\nalice:100000:65536\n", ""),
            ("1000:100000:65536", ""),
        ] {
            assert_eq!(given(shell, says), given_to_alice, "{shell:?}: {says:?}");
        }
    }
}
