//! What every user of a host can read, the arguments of programs and their environments: the word by which the host's answers are
//! told apart from what programs print is in none.

use super::step_runs::{conversation, places, two_steps};
use crate::ability::Probe;
use crate::ability::commands::Question;
use crate::ability::http::Request;
use crate::ability::packages::Offers;
use crate::ability::podman::PodmanThing;
use crate::engine::step::{ROLL_BACK, became, commit, functions};
use crate::host::shells_here::{SAY, SHELLS};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

const WORD: &str = "9f86d081884c7d659a2feaa0c55ad015";

/// Programs that not every machine has: what they say is a line of each kind.
const PROGRAMS: [(&str, &str); 9] = [
    ("dpkg-query", "echo 'ii  1.0 app amd64'"),
    ("apt-cache", "echo 'app:'; echo '  Candidate: 1.0'"),
    ("systemctl", "echo Id=app.service"),
    ("podman", "echo 'some thing'"),
    ("getent", "echo \"$2:x:0:0::/:/bin/sh\""),
    ("id", "echo 54321"),
    ("runuser", "shift 3; exec \"$@\""),
    ("curl", "cat >/dev/null; echo answer"),
    ("chown", ":"),
];

/// Everything that can be asked.
fn questions(place: &Path) -> String {
    let mut probe = Probe::default();
    let at = |name: &str| format!("{}/{name}", place.display());
    probe.files.path(&at("none"));
    probe.files.content(&at("gone"));
    probe.files.content_unless(&at("set/old"), "0");
    fs::write(at("it's\\"), "\u{1b}x").unwrap();
    probe.files.content(&at("it's\\"));
    std::os::unix::fs::symlink("gone", at("leads")).unwrap();
    probe.files.link(&at("leads"));
    probe.commands.listing(&at("set"));
    probe.accounts.user("alice");
    probe.packages.ask("app", Offers::Always);
    probe.packages.ask("more", Offers::IfMissing);
    probe.units.ask("app.service");
    probe.units.ask("alice/app.service");
    for user in [None, Some("alice")] {
        probe.podman.images(user);
        probe.podman.things(user, PodmanThing::Volume);
    }
    let question = |command: &str, user: Option<&str>| Question {
        command: vec!["sh".into(), "-c".into(), command.into()],
        chdir: None,
        environment: Vec::new(),
        stdin: Some("x".into()),
        user: user.map(str::to_owned),
    };
    probe.commands.ask("short", question("echo one", Some("alice")));
    probe.commands.ask("long", question("seq 5; cat", None));
    let url = "http://127.0.0.1/".to_owned();
    probe.http(Request { method: "GET", url, headers: Vec::new(), body: None });
    probe.tool("none");
    probe.program()
}

/// Every program that is started for a program of ours, with all its arguments and its environment.
fn started(home: &Path, program: &str) -> String {
    let programs = home.join("bin");
    fs::create_dir_all(&programs).unwrap();
    for (name, text) in PROGRAMS {
        fs::write(programs.join(name), format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(programs.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let bus = home.join("user/54321");
    fs::create_dir_all(&bus).unwrap();
    let _bus = UnixListener::bind(bus.join("bus")).unwrap();
    let program = program.replace("/run/user/", &format!("{}/user/", home.display()));
    let (text, trace) = (home.join("program"), home.join("trace"));
    fs::write(&text, program.replace(SAY, &SAY.replace("mark", WORD))).unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let mut strace = Command::new("strace");
    strace.args(["-f", "-v", "-qq", "-s", "1000000", "-e", "trace=execve", "-o"]).arg(&trace).args(SHELLS[0]).arg("-s");
    strace.env_clear().env("PATH", path).env("HOME", home).stdin(File::open(text).unwrap());
    let output = strace.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains(&format!("{WORD} ")), "{said} {}", String::from_utf8_lossy(&output.stderr));
    fs::remove_file(bus.join("bus")).unwrap();
    fs::read_to_string(trace).unwrap()
}

#[test]
fn the_word_that_answers_are_known_by_is_in_none() {
    let (place, home) = places();
    let probe = SAY.to_owned() + &questions(place.path());
    let step = |steps, end: &str| conversation(home.path(), steps, end);
    let (good, bad) = (two_steps(place.path()), two_steps(&place.path().join("set/old")));
    let asked = SAY.to_owned() + &became("t");
    for program in [probe, step(&good, ROLL_BACK), step(&bad, ""), step(&good, &commit("{}")), asked] {
        let trace = started(home.path(), &program);
        let told: Vec<&str> = trace.lines().filter(|line| line.contains(WORD)).collect();
        assert!(told.is_empty(), "{told:#?}");
    }
}

/// What needs systemd or apt, too, leaves the word to the one function that says records.
#[test]
fn no_script_names_it() {
    let (place, _home) = places();
    let text = functions() + &questions(place.path());
    let named = |start: &str| {
        text.split(start).skip(1).any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    assert!(!named("$S") && !named("${S"));
}

/// The first test would say nothing, if nothing were asked of programs.
#[test]
fn every_kind_of_question_starts_a_program() {
    let (place, home) = places();
    let trace = started(home.path(), &(SAY.to_owned() + &questions(place.path())));
    let asked = "stat sha256sum head base64 readlink podman dpkg-query apt-cache systemctl curl ls";
    for program in asked.split(' ') {
        assert!(trace.contains(&format!("/{program}\", [")), "{program}: {trace}");
    }
    let of_alice = trace.lines().filter(|line| line.contains("[\"runuser\", \"-u\", \"alice\"")).count();
    assert!(of_alice >= 4, "{trace}");
}
