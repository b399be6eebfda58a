//! `solti test` killed at any moment, and several at once: nothing stays behind, and nobody's hosts are taken away.

use crate::scenarios::{Bench, CHECK, FILE, input};
use crate::support::{Background, Output, as_root, podman, run, wait_until};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A project whose runs have folders of their own for what they keep and what is temporary, so that one sees what stays.
struct Yard {
    bench: Bench,
    folder: tempfile::TempDir,
}

/// By what processes of a yard's runs are known: they all inherit it.
const MARK: &str = "SOLTI_TEST_YARD";

impl Yard {
    fn new() -> Self {
        let yard = Self { bench: Bench::new(), folder: tempfile::tempdir().unwrap() };
        fs::create_dir(yard.folder.path().join("t")).unwrap();
        yard.bench.role("good", &format!("{FILE}{CHECK}"), "");
        yard
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bench.project.command(&[&["test"], arguments].concat());
        command.env("XDG_CACHE_HOME", self.folder.path()).env("TMPDIR", self.folder.path().join("t"));
        command.env(MARK, self.folder.path()).env_remove("XDG_RUNTIME_DIR");
        command
    }

    fn start(&self, arguments: &[&str]) -> Background {
        Background::spawn(self.command(arguments))
    }

    #[track_caller]
    fn test(&self, arguments: &[&str]) -> Output {
        run(self.command(arguments))
    }

    /// Processes of its runs: their ids, each with its parent.
    fn processes(&self) -> BTreeMap<u32, u32> {
        let mark = format!("{MARK}={}", self.folder.path().display());
        let ids = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let ours = |id: u32| {
            let environment = fs::read(format!("/proc/{id}/environ")).ok()?;
            environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()).then_some(())?;
            let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
            Some((id, stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?))
        };
        ids.filter_map(ours).collect()
    }

    /// Kills a run with everything that it has started: what the end of a pipeline's machine, or of a session, does.
    fn kill_all(&self, run: &Background) {
        let processes = self.processes();
        let mut doomed = vec![run.id()];
        let mut next = 0;
        while let Some(parent) = doomed.get(next).copied() {
            doomed.extend(processes.iter().filter(|(_, of)| **of == parent).map(|(id, _)| *id));
            next += 1;
        }
        for id in doomed {
            let _ = Command::new("kill").args(["-s", "KILL", "--", &id.to_string()]).output();
        }
    }

    /// What its runs have left: containers, processes, networks, files. Containers have names that begin with these.
    fn left(&self, names: &[String]) -> Vec<String> {
        let state = self.folder.path().join("solti/scenarios");
        // what was cut short while it was made has a name at most
        let list = podman(&["ps", "-a", "--external", "--format", "{{.Names}} {{.Labels}}"]);
        let containers = run(list).assert_status(0).stdout;
        let ours =
            |line: &&str| line.contains(&*state.to_string_lossy()) || names.iter().any(|name| line.starts_with(name));
        let mut left: Vec<String> = containers.lines().filter(ours).map(str::to_owned).collect();
        left.extend(self.processes().keys().map(|id| {
            let arguments = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            format!("{id} {}", String::from_utf8_lossy(&arguments).replace('\0', " "))
        }));
        // what starts containers has no environment of ours
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let lines = processes.filter_map(|entry| fs::read(entry.path().join("cmdline")).ok());
        let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
        let named = |line: &String| names.iter().any(|name| line.contains(&format!(" -n {name}")));
        left.extend(lines.filter(named));
        left.extend(networks(&state.to_string_lossy()));
        for folder in [state, self.folder.path().join("t")] {
            let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
            left.extend(entries.map(|entry| entry.path().display().to_string()));
        }
        left
    }

    /// Runs, and kills after so many twelfths of what that takes, in each of the ways; four at a time.
    #[track_caller]
    fn kill_at_each_moment(&self, takes: Duration) -> Vec<String> {
        let (next, runs) = (AtomicU32::new(0), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= 12 {
                            break;
                        }
                        let killed = self.start(&[]);
                        runs.lock().unwrap().push(format!("s{}-", killed.id()));
                        // the moment is what is tried here
                        thread::sleep(takes * number / 12);
                        match number % 3 {
                            0 => killed.signal("KILL"),
                            1 => killed.kill_group(),
                            _ => self.kill_all(&killed),
                        }
                        killed.wait();
                    }
                });
            }
        });
        runs.into_inner().unwrap()
    }

    /// What the names of containers begin with of which there are folders.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path().join("solti/scenarios")).into_iter().flatten().flatten();
        entries.filter(|entry| entry.path().is_dir()).filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    /// Waits until nothing is left of these.
    #[track_caller]
    fn wait_for_nothing(&self, names: &[String]) {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let left = self.left(names);
            if left.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "this is left:\n{}", left.join("\n"));
            thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Network namespaces of hosts of which this is the folder: their addresses begin as `hosts.sh` has it.
fn networks(state: &str) -> Vec<String> {
    const LIST: &str = r#"begin=02:$(sha256sum <<<"$1" | sed -E 's/^(..)(..).*/\1:\2/')
        ip netns list | while read -r name _; do
            ip -n "$name" -o link 2>/dev/null | grep -q " $begin:" && echo "network $name"
        done || true"#;
    run(as_root("bash", &["-c", LIST, "bash", state])).assert_status(0).stdout.lines().map(str::to_owned).collect()
}

#[test]
fn nothing_is_left_of_runs_killed_at_any_moment() {
    let yard = Yard::new();
    let begun = Instant::now();
    yard.test(&[]).assert_status(0);
    // four at a time are slower than one
    let runs = yard.kill_at_each_moment(begun.elapsed() * 3 / 2);
    // what boots hosts may still be at it where solti alone was killed: it notices that nobody waits
    yard.test(&["--destroy"]).assert_status(0);
    // a run that has just begun is not taken for one that was killed
    if !yard.left(&runs).is_empty() {
        thread::sleep(Duration::from_secs(12));
        yard.test(&["--destroy"]).assert_status(0);
    }
    yard.wait_for_nothing(&runs);
}

#[test]
fn kept_hosts_half_made_are_replaced_and_removed() {
    let yard = Yard::new();
    let begun = Instant::now();
    yard.test(&["--keep"]).assert_status(0);
    let takes = begun.elapsed();
    yard.test(&["--destroy"]).assert_status(0);
    for number in 1..=4 {
        let killed = yard.start(&["--keep"]);
        thread::sleep(takes * number / 6);
        if number % 2 == 0 {
            killed.signal("KILL")
        } else {
            yard.kill_all(&killed)
        }
        killed.wait();
        if number < 3 {
            yard.test(&["--keep"]).assert_status(0).assert_stdout_has("good on debian13 stays");
        }
        let names = yard.names();
        yard.test(&["--destroy"]).assert_status(0);
        yard.wait_for_nothing(&names);
    }
}

#[test]
fn kept_hosts_half_prepared_are_replaced() {
    let yard = Yard::new();
    let prepared = |script: &str| {
        yard.bench.role("good", &format!("{FILE}{CHECK}"), &format!("prepare: {script}\n"));
    };
    prepared("mkdir /srv/once; exec sleep 600");
    let mut killed = yard.start(&["--keep", "-o", "jsonl"]);
    killed.wait_for_output("\"step\":\"prepare\"");
    wait_until("the first half of the preparations", || {
        let mut shell = yard.command(&["--shell", "host"]);
        shell.stdin(input("ls -d /srv/once; exit\n"));
        run(shell).stdout.contains("/srv/once").then_some(())
    });
    yard.kill_all(&killed);
    killed.wait();
    prepared("mkdir /srv/once");
    yard.test(&["--keep", "-v"]).assert_status(0).assert_stdout_has("1 host\n");
    yard.test(&["--keep", "-v"]).assert_status(0).assert_stdout_has("1 host kept");
    yard.test(&["--destroy"]).assert_status(0).assert_stdout_has("1 scenario run");
    yard.wait_for_nothing(&[]);
}

#[test]
fn two_runs_of_a_scenario_see_their_own_hosts_alone() {
    let yard = Yard::new();
    let both = [yard.start(&["-v"]), yard.start(&["-v"])];
    for one in both {
        one.wait().assert_status(0).assert_stdout_has("1 scenario run passed");
    }
    let both = [yard.start(&["--keep", "-v"]), yard.start(&["--keep", "-v"])];
    let outputs = both.map(|one| one.wait().assert_status(0));
    let waited = outputs.iter().filter(|output| output.stderr.contains("waiting for the run that has its hosts"));
    let reused = outputs.iter().filter(|output| output.stdout.contains("1 host kept"));
    assert_eq!((waited.count(), reused.count()), (1, 1), "{}\n{}", outputs[0], outputs[1]);
    yard.test(&["--destroy"]).assert_status(0).assert_stdout_has("1 scenario run");
    yard.wait_for_nothing(&[]);
}

#[test]
fn hosts_of_a_run_that_goes_on_are_not_destroyed() {
    let yard = Yard::new();
    let slow =
        format!("{FILE}    - command: {{ command: 'until [ -e /etc/go ]; do sleep 0.1; done', creates: /etc/go }}\n");
    yard.bench.role("good", &format!("{slow}{CHECK}"), "");
    let mut busy = yard.start(&["--keep", "-o", "jsonl"]);
    busy.wait_for_output("\"step\":\"apply\"");
    yard.test(&["--destroy"])
        .assert_status(1)
        .assert_stdout_has("not removed: the hosts of good on debian13 (process ");
    let mut shell = yard.command(&["--shell", "host"]);
    shell.stdin(input("touch /etc/go; exit\n"));
    run(shell);
    busy.wait().assert_status(0);
    yard.test(&["--destroy"]).assert_status(0).assert_stdout_has("1 scenario run");
    yard.wait_for_nothing(&[]);
}
