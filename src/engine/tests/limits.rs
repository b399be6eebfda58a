//! How long somebody's programs are waited for, which he can stop, and how what has failed of them is named.

use crate::ability::PLACE;
use crate::engine::step::functions;
use crate::host::shells_here::{SAY, command, shells};

/// The seconds that each of the programs may take which a piece of shell starts as alice.
fn waits(shell: &[&str], steps: &str) -> String {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("services"), "").unwrap();
    let text = format!(
        "{SAY}{functions}\n{PLACE}\nT='{place}' at=0
         id() {{ echo 1000; }}; home_of() {{ home=/; }}; uid=0; journalctl() {{ :; }}
         timeout() {{ case $1 in -k) printf '%s ' \"$3\" >>\"$T/waits\" ;; *) shift; \"$@\" ;; esac; }}
         {steps} >/dev/null\n",
        functions = functions(),
        place = place.path().display(),
    );
    let output = command(shell, &text).output().unwrap();
    assert!(output.stderr.is_empty(), "{shell:?}: {}", String::from_utf8_lossy(&output.stderr));
    std::fs::read_to_string(place.path().join("waits")).unwrap()
}

#[test]
fn what_only_answers_is_waited_for_a_minute() {
    let waited = [
        ("ctl alice/app.service show", "60 "),
        ("ctl alice/app.service is-active -q", "60 "),
        ("ctl alice/app.service reset-failed", "60 "),
        ("ctl alice/app.service start", "600 "),
        ("ghosts alice", "60 "),
        ("pull alice docker.io/library/app", "7200 60 "),
        ("discard_podman volume alice data", "60 600 "),
        ("tester=alice; generate user /staged app.container", "60 "),
        ("is_there volume alice/data", "60 "),
    ];
    for shell in shells() {
        for (steps, seconds) in waited {
            assert_eq!(waits(shell, steps), seconds, "{shell:?}: {steps}");
        }
    }
}

/// The command is one that works where a person tries it.
#[test]
fn what_failed_of_a_unit_is_shown_as_it_would_be_typed() {
    let typed = [
        ("typed app.service enable", "systemctl enable app.service\n"),
        ("typed alice/app.service enable", "systemctl --user -M alice@ enable app.service\n"),
    ];
    let failing = "T=.; systemctl() { false; }; failed() { shift; printf '%s\\n' \"$1\"; }; remember() { :; }; reread_later() { :; }; uid=none; ghosts() { :; }; ";
    let failed = [
        ("enable app.service", "systemctl enable app.service\n"),
        ("disable app.service", "systemctl disable app.service\n"),
        ("reread", "systemctl daemon-reload\n"),
    ];
    for shell in shells() {
        let home = tempfile::tempdir().unwrap();
        for (steps, shown) in typed.iter().chain(&failed) {
            let text = format!("{SAY}{}\n{PLACE}\n{failing}{steps}\n", functions());
            let output = command(shell, &text).current_dir(home.path()).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), *shown, "{shell:?}: {steps}");
        }
    }
}
