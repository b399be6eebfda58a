//! Services that follow one another in a step are enabled and started together; systemd is played by a function.

use super::step::{lines, service};
use crate::ability::Operation;
use crate::ability::commands::CommandOperation;
use crate::ability::systemd::{UnitOperation, Verb};
use crate::engine::step::functions;
use crate::host::shells_here::{SAY, command, shells};
use insta::assert_snapshot;

fn enable(unit: &str) -> Operation {
    Operation::Units(UnitOperation::Enable { unit: unit.into(), enabled: true })
}

#[test]
fn what_follows_one_another_is_done_at_once() {
    let start = |unit: &str| service(unit, Verb::Start, 1000);
    let changes = vec![
        vec![service("old.service", Verb::Stop, 0)],
        vec![enable("a.service"), start("a.service")],
        vec![enable("b.service"), start("b.service")],
        vec![start("alice/c.service")],
        vec![enable("alice/d.service"), start("alice/d.service")],
        vec![Operation::Commands(CommandOperation::Run {
            command: vec!["true".into()],
            chdir: None,
            environment: Vec::new(),
            stdin: None,
            user: None,
            unless: None,
        })],
        vec![service("e.service", Verb::Restart, 0)],
        vec![service("f.service", Verb::Restart, 0)],
        vec![start("g.socket")],
        vec![start("h.socket")],
        vec![start("i.service")],
    ];
    assert_snapshot!(lines(&super::step::step(changes, false)), @r#"
    say part services
    at=1; enable_all now 1:a.service 2:b.service || return 1
    at=4; enable_all now 4:alice/d.service || return 1
    at=0; service stop old.service || return 1
    at=1; act_all start 1:a.service 2:b.service || return 1
    at=3; act_all start 3:alice/c.service 4:alice/d.service || return 1
    at=5; { printf '%s' '' >"$T/in"; command true 8>&- <"$T/in" >"$T/out" 2>&1 8>&-; status=$?; rm -f "$T/in"; if [ $status -eq 0 ]; then stays 'what `true` did'; else failed $status true ''; false; fi; } || return 1
    at=6; act_all restart 6:e.service 7:f.service || return 1
    at=8; service start g.socket || return 1
    at=9; service start h.socket || return 1
    at=10; service start i.service || return 1
    say part settling
    at=10; settle 10 1:a.service 2:b.service 3:alice/c.service 4:alice/d.service 6:e.service 7:f.service 8:g.socket 9:h.socket 10:i.service || return 1
    "#);
}

/// What is enabled before systemd reads its files is not a reason to read them once more; what a command makes first is not there yet.
#[test]
fn systemd_reads_its_files_once() {
    let reload = |user: Option<&str>| Operation::Units(UnitOperation::DaemonReload { user: user.map(str::to_owned) });
    let command = || {
        let (chdir, environment, stdin, user, unless) = (None, Vec::new(), None, None, None);
        Operation::Commands(CommandOperation::Run {
            command: vec!["make-it".into()],
            chdir,
            environment,
            stdin,
            user,
            unless,
        })
    };
    let changes = vec![
        vec![reload(None)],
        vec![reload(None)],
        vec![enable("a.service"), service("a.service", Verb::Start, 0)],
        vec![enable("alice/b.service")],
        vec![command()],
        vec![enable("c.service")],
    ];
    assert_snapshot!(lines(&super::step::step(changes, false)), @r#"
    say part daemon-reload
    at=2; enable_all before_reread 2:a.service || return 1
    at=0; reread || return 1
    say part services
    at=3; enable_all now 3:alice/b.service || return 1
    at=2; service start a.service || return 1
    at=4; { printf '%s' '' >"$T/in"; command make-it 8>&- <"$T/in" >"$T/out" 2>&1 8>&-; status=$?; rm -f "$T/in"; if [ $status -eq 0 ]; then stays 'what `make-it` did'; else failed $status make-it ''; false; fi; } || return 1
    at=5; enable_all now 5:c.service || return 1
    say part settling
    at=2; settle 0 2:a.service || return 1
    "#);
}

/// What is said of a failure, where `systemctl start` of several ends with these words.
fn told(shell: &[&str], words: &str, runs: &str) -> String {
    let place = tempfile::tempdir().unwrap();
    let systemd = format!(
        "systemctl() {{ case \" $* \" in
          *' start '*) echo \"{words}\"; return 1 ;;
          *' is-active '*) case \" {runs} \" in *\" $4 \"*) ;; *) return 3 ;; esac ;;
          esac; }}
        journalctl() {{ :; }}\n"
    );
    let text = format!(
        "{SAY}{}\nT='{}'; true >\"$T/services\"\n{systemd}act_all start 3:app.service 5:my-app.service 7:z@1:2.service\n",
        functions(),
        place.path().display()
    );
    let output = command(shell, &text).output().unwrap();
    assert!(output.stderr.is_empty(), "{shell:?}: {}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.split_whitespace().skip(1).take(3).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_one_that_failed_is_named() {
    for shell in shells() {
        let told = |words: &str, runs: &str| told(shell, words, runs);
        assert_eq!(told("Job for app.service failed because the control process exited", ""), "failed 3 1");
        assert_eq!(told("Job for my-app.service failed.\nSee journalctl", ""), "failed 5 1");
        assert_eq!(told("Failed to start z@1:2.service: Unit z@1:2.service not found.", ""), "failed 7 1");
        assert_eq!(told("A dependency job for my-app.service failed.", ""), "failed 5 1");
        // in words that are not known it is one that does not run
        assert_eq!(told("Connection timed out", "app.service"), "failed 5 1");
        assert_eq!(told("Connection timed out", ""), "failed 3 1");
    }
}
