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
        ("flag_=; ctl_all reset-failed 0:alice/a.service 1:alice/b.service", "60 "),
        ("flag_=; ctl_all restart 0:alice/a.service 1:alice/b.service", "600 "),
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

/// What a piece of shell says, with alice's programs played by the function `hers`.
fn said(shell: &[&str], hers: &str, steps: &str) -> String {
    let place = tempfile::tempdir().unwrap();
    let text = format!(
        "{SAY}{functions}\n{PLACE}\nT='{place}' at=0; cd \"$T\"
         id() {{ echo 1000; }}; home_of() {{ home=/; }}; uid=0
         hers() {{ {hers}; }}
         timeout() {{ case $1 in -k) shift 3; hers \"$@\" ;; *) shift; \"$@\" ;; esac; }}
         {steps}\n",
        functions = functions(),
        place = place.path().display(),
    );
    let output = command(shell, &text).output().unwrap();
    assert!(output.stderr.is_empty(), "{shell:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// However many of them there are, and whatever they are called.
#[test]
fn what_has_failed_without_a_file_is_forgotten_at_once() {
    let hers = "case $* in *list-units*) [ ! -e \"$T/seen\" ] || printf '%s not-found failed\\n' a.service '*' b.service; true >\"$T/seen\" ;; \
                *reset-failed*) echo \"$*\" | sed 's/.*systemctl/systemctl/' >>\"$T/asked\" ;; esac";
    for shell in shells() {
        let asked = said(shell, hers, "reread_now alice; cat asked");
        assert_eq!(asked, "systemctl --user reset-failed -- a.service b.service\n", "{shell:?}");
    }
}

#[test]
fn who_lets_wait_again_and_again_is_waited_for_shorter() {
    for shell in shells() {
        for (waited, seconds) in [("0", "60 "), ("100", "60 "), ("290", "10 "), ("300", "1 "), ("1000", "1 ")] {
            assert_eq!(
                waits(shell, &format!("echo {waited} >\"$T/waited\"; ghosts alice")),
                seconds,
                "{shell:?}: {waited}"
            );
        }
        // what took no time counts as none
        assert_eq!(said(shell, "true", "ghosts alice; ls"), "", "{shell:?}");
    }
}

#[test]
fn of_what_somebodys_programs_say_so_much_is_listened_to() {
    for shell in shells() {
        assert_eq!(said(shell, "yes", "ghosts alice >/dev/null; asked alice x | wc -c").trim(), "1048576", "{shell:?}");
    }
}

#[test]
fn what_has_not_come_to_an_end_is_no_answer() {
    let refused = |what: &str| format!("mark refused the {what} of alice does not answer\n");
    for shell in shells() {
        for (hers, what, lines) in [
            ("echo one; echo 'two  words'", "unit", "mark unit one\nmark unit two  words\nmark unit \n".to_owned()),
            ("echo one; return 1", "image", "mark image - one\nmark image - \n".to_owned()),
            ("echo one; return 124", "unit", "mark unit one\nmark unit \n".to_owned() + &refused("systemd")),
            (
                "echo ended 0; return 137",
                "image",
                "mark image - ended 0\nmark image - \n".to_owned() + &refused("podman"),
            ),
        ] {
            let before = if what == "unit" { "''" } else { "'- '" };
            assert_eq!(said(shell, hers, &format!("answers {what} {before} alice x")), lines, "{shell:?}: {hers}");
        }
    }
}

/// It may grow while it is copied, and have less in it than it would take.
#[test]
fn a_copy_is_no_larger_than_what_was_looked_at() {
    for shell in shells() {
        let steps = "printf 12345 >small; as_large ./small sh -c 'head -c 1000000 /dev/zero >large' 2>/dev/null || echo stopped
                     [ \"$(stat -c %s large)\" -lt 20000 ] || stat -c %s large
                     as_large ./small cp small copy && cat copy; mkdir folder; as_large ./folder sh -c 'head -c 100000 /dev/zero >free'; stat -c %s free";
        assert_eq!(said(shell, "true", steps), "stopped\n12345100000\n", "{shell:?}");
    }
}
