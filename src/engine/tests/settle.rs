//! What tells that a unit has stayed up after it was started, by its type; systemd is played by a list of what it says.

use crate::ability::PLACE;
use crate::engine::step::functions;
use crate::host::shells_here::{SAY, command, shells};

/// What systemd says, one after the other: `ActiveState`, `SubState` and which start it was.
type Says<'a> = &'a [(&'a str, &'a str, &'a str)];

/// What `settle` says of a unit for which systemd says these states.
fn settled(shell: &[&str], unit: &str, says: Says<'_>) -> String {
    let place = tempfile::tempdir().unwrap();
    for (number, (active, sub, start)) in says.iter().enumerate() {
        let text = format!("Id={unit}\nActiveState={active}\nSubState={sub}\nInvocationID={start}\n");
        std::fs::write(place.path().join(number.to_string()), text).unwrap();
    }
    std::fs::write(place.path().join("next"), "0").unwrap();
    // the last of them is what it says from then on
    let systemd = "systemctl() { case \" $* \" in *' is-active '*) return 3 ;; esac
      read -r next <\"$T/next\"; cat \"$T/$next\"; next=$((next + 1)); [ ! -e \"$T/$next\" ] || echo $next >\"$T/next\"; }
      as_user() { shift; \"$@\"; }
      id() { echo 1000; }
      journalctl() { :; }
      sleep() { :; }\n";
    let steps = functions();
    let text = format!(
        "{SAY}{steps}\n{PLACE}\nT='{}'\n{systemd}if settle 10 0:{unit}; then say up; fi\n",
        place.path().display()
    );
    let output = command(shell, &text).output().unwrap();
    assert!(output.stderr.is_empty(), "{shell:?}: {}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.split_whitespace().nth(1).unwrap_or_default().to_owned()
}

#[test]
fn a_unit_stays_up_while_others_use_it() {
    let up: [(&str, Says<'_>); 12] = [
        ("app.service", &[("active", "running", "a")]),
        // what is done is done, and stays so: RemainAfterExit
        ("once.service", &[("active", "running", "a"), ("active", "exited", "a")]),
        ("app.service", &[("reloading", "reload", "a"), ("active", "running", "a")]),
        ("app.service", &[("active", "running", "a"), ("reloading", "reload-notify", "a"), ("active", "running", "a")]),
        ("app.socket", &[("active", "listening", "a"), ("active", "running", "a"), ("active", "listening", "a")]),
        ("app.timer", &[("active", "waiting", "a"), ("active", "running", "a"), ("active", "elapsed", "a")]),
        ("app.path", &[("active", "waiting", "a"), ("active", "running", "a"), ("active", "waiting", "a")]),
        ("srv.automount", &[("active", "waiting", "a"), ("active", "running", "a")]),
        ("srv.mount", &[("active", "mounted", "a"), ("reloading", "remounting", "a"), ("active", "mounted", "a")]),
        ("dev-sda.device", &[("activating", "tentative", ""), ("active", "plugged", "")]),
        ("app.target", &[("active", "active", "a")]),
        ("alice/shutdown.socket", &[("active", "listening", "a"), ("active", "running", "a")]),
    ];
    for shell in shells() {
        for (unit, says) in up {
            assert_eq!(settled(shell, unit, says), "up", "{shell:?}: {unit} {says:?}");
        }
    }
}

#[test]
fn a_unit_that_ended_or_started_again_has_not_stayed_up() {
    let down: [(&str, Says<'_>); 10] = [
        ("app.service", &[("failed", "failed", "a")]),
        ("app.service", &[("active", "running", "a"), ("inactive", "dead", "a")]),
        ("app.service", &[("active", "running", "a"), ("deactivating", "stop-sigterm", "a")]),
        ("app.service", &[("activating", "auto-restart", "a")]),
        ("app.service", &[("activating", "start", "b"), ("active", "running", "b")]),
        ("app.service", &[("active", "running", "a"), ("active", "running", "b")]),
        ("alice/app.service", &[("active", "running", "a"), ("inactive", "dead", "a")]),
        // its service did not start, again and again
        ("app.socket", &[("active", "listening", "a"), ("failed", "failed", "a")]),
        ("app.timer", &[("active", "waiting", "a"), ("inactive", "dead", "a")]),
        ("srv.mount", &[("active", "mounted", "a"), ("inactive", "dead", "a")]),
    ];
    for shell in shells() {
        for (unit, says) in down {
            assert_eq!(settled(shell, unit, says), "failed", "{shell:?}: {unit} {says:?}");
        }
    }
}
