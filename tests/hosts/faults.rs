//! What claims to survive a fault is made to meet it: whatever ends a run, the host is as it was, or as it was to be.

use std::process::Command;

use crate::bench::Bench;
use crate::support::{Background, Suite, Terminal, wait_until};

/// What a role of its own does that makes a few of everything; `PASS` is what its last check wants.
const FRESH: &str = r#"steps:
  - name: files
    resources:
      - group: { name: fresh }
      - directory: { path: /srv/fresh/deep, mode: "0750" }
      - file: { path: /srv/fresh/deep/file, content: "new\n", mode: "0640" }
      - config: { dir: /opt/fresh, files: [{ content: "x\n", dest: sub/a }] }
      - symlink: { path: /srv/link, src: fresh/deep/file }
  - name: run
    resources:
      - unit:
          name: fresh.service
          content: "[Service]\nExecStart=/usr/local/bin/app run fresh 7004\n[Install]\nWantedBy=multi-user.target\n"
      - unit: { name: fresh.service, drop_in: more, content: "[Service]\nEnvironment=A=b\n" }
      - service: { name: fresh, enabled: true, settle: 0s }
    checks:
      - command: { command: [test, -e, /run/pass], within: 1s }
"#;

#[test]
fn what_fails_is_put_back_on_trixie() {
    what_fails_is_put_back(Suite::Trixie);
}

#[test]
fn what_fails_is_put_back_on_bookworm() {
    what_fails_is_put_back(Suite::Bookworm);
}

fn what_fails_is_put_back(suite: Suite) {
    let bench = Bench::new(suite);
    bench.apply(&[]).assert_status(0);
    bench.assert_notes(&["start one"], &["start one"], &["start other"]);
    let before = bench.snapshot();
    let restarted = |text: &'static str| vec![text, "start one"];
    let cases: &[(&[&str], Vec<&str>, &[&str])] = &[
        (
            &["app_text=refuse"],
            vec![],
            &["app/config/config:/etc/app", "$ /usr/local/bin/app check app (exit status 7)", "| looked at refuse"],
        ),
        // systemd refuses to load it, and the service runs on.
        (&["app_exec=bin/relative", "app_soft=two"], vec![], &["$ systemctl restart app.service", "put back  /etc/"]),
        (
            &["app_exec=/nonesuch"],
            vec!["start one"],
            &["app.service did not stay up", "/nonesuch", "app.service is running as before"],
        ),
        (&["app_text='die at once'"], restarted("start die at once"), &["did not stay up", "status=3"]),
        (
            &["app_text='die soon'", "app_settle=60s"],
            restarted("start die soon"),
            &["did not stay up", "put back  /etc/app/app.conf"],
        ),
        (&["app_text='status 503'", "app_within=2s"], restarted("start status 503"), &["status 503 instead of 200"]),
        (
            &["app_text=two", "app_within=2s", "app_that=\"body == 'three'\""],
            restarted("start two"),
            &["http:", "body == 'three'"],
        ),
        (&["app_text=two", "app_within=2s", "app_port=7999"], restarted("start two"), &["port:7999"]),
        // The package stays; what was to start with it does not.
        (&["app_text='die at once'", "app_hello=1.1"], restarted("start die at once"), &["package solti-hello"]),
    ];
    for (variables, app, said) in cases {
        let headline = if said.contains(&"package solti-hello") { "1 change not put back" } else { "no changes made" };
        let output = bench.apply(variables).assert_status(1).assert_stdout_has(&format!("Failed on host; {headline}"));
        for text in *said {
            assert!(output.stdout.contains(text), "expected {text:?}\n{output}");
        }
        bench.assert_unchanged(&before, &output);
        assert_eq!(bench.answer(), "one", "{output}");
        assert_eq!(bench.notes("app"), *app, "{output}");
    }
    bench.assert_clean();

    // A role that failed leaves nothing where nothing was; an earlier one stays, and counts.
    bench.read("apt-get install -y -qq --allow-downgrades solti-hello=1.0");
    bench.role("fresh", FRESH);
    bench.roles("[app, fresh]");
    let output = bench.apply(&["app_text=two"]).assert_status(1);
    let output = output.assert_stdout_has("2 changes made").assert_stdout_has("stays").assert_stdout_has("fresh");
    assert_eq!(bench.answer(), "two");
    let gone = "for path in /srv/fresh /srv/link /opt/fresh /etc/systemd/system/fresh.service /etc/systemd/system/fresh.service.d \
        /etc/systemd/system/multi-user.target.wants/fresh.service; do [ ! -e $path ] && [ ! -h $path ] || echo $path; done
        systemctl show -p LoadState --value fresh; getent group fresh | cut -d: -f1";
    assert_eq!(bench.read(gone), "not-found\nfresh", "{output}");
    bench.assert_clean();

    // What is there is put back with its attributes, whatever was to become of it.
    bench.read("touch /run/pass");
    bench.apply(&["app_text=two"]).assert_status(0);
    bench.read("chmod 750 /srv/fresh/deep; touch -d 2001-01-01 /srv/fresh/deep/file; chown 12:34 /srv/fresh/deep/file");
    let owner = "      - file: { path: /srv/fresh/deep/file, content: \"newer\\n\", mode: \"0600\", owner: root, group: root }\n";
    let replaced = FRESH
        .replace("      - file: { path: /srv/fresh/deep/file, content: \"new\\n\", mode: \"0640\" }\n", owner)
        .replace("0750", "0700")
        .replace("dest: sub/a", "dest: b")
        .replace("src: fresh/deep/file", "src: nowhere")
        .replace(
            "      - unit: { name: fresh.service, drop_in: more, content: \"[Service]\\nEnvironment=A=b\\n\" }\n",
            "",
        )
        .replace("enabled: true", "enabled: false");
    let nothing = "steps:\n  - name: nothing\n    resources:\n      - directory: { path: /srv }\n    checks:\n      - command: { command: [test, -e, /run/pass], within: 1s }\n";
    bench.read("rm /run/pass");
    let before = bench.snapshot();
    for (steps, said) in [(replaced.as_str(), "at boot  enabled -> disabled"), (nothing, "/srv/fresh/deep/file")] {
        bench.role("fresh", steps);
        let output = bench
            .apply(&["app_text=two"])
            .assert_status(1)
            .assert_stdout_has("Failed on host; no changes made")
            .assert_stdout_has(said);
        bench.assert_unchanged(&before, &output);
        assert_eq!(bench.read("curl -s http://127.0.0.1:7004/"), "nothing", "{output}");
        bench.assert_clean();
    }
    bench.read("touch /run/pass");
    bench.apply(&["app_text=two"]).assert_status(0);
    // A folder that was only in the way to a declared one is nobody's.
    assert_eq!(bench.read(gone).trim_start_matches("/srv/fresh\n"), "not-found\nfresh");
}

#[test]
fn a_run_that_is_killed_is_put_back_on_trixie() {
    a_run_that_is_killed_is_put_back(Suite::Trixie);
}

#[test]
fn a_run_that_is_killed_is_put_back_on_bookworm() {
    a_run_that_is_killed_is_put_back(Suite::Bookworm);
}

/// Each time between the swap of the files and the restart of the service.
fn a_run_that_is_killed_is_put_back(suite: Suite) {
    let bench = Bench::new(suite);
    bench.apply(&[]).assert_status(0);
    bench.assert_notes(&["start one"], &["start one"], &["start other"]);
    let conf = || bench.host().read_file("/etc/app/app.conf");
    let was_put_back = || {
        wait_until("the old file to be back", || (conf() == "one\n").then_some(()));
        bench.assert_clean();
        assert_eq!(bench.answer(), "one");
        // Whether the new one was started before it was noticed that nobody listens is a matter of moments.
        let notes = bench.notes("app");
        assert!(notes.is_empty() || notes.last().is_some_and(|note| note == "start one"), "{notes:?}");
        bench.apply(&["app_text=two"]).assert_status(0);
        bench.apply(&["app_text=two"]).assert_status(0).assert_stdout_has("No changes");
        bench.assert_notes(&["start two"], &[], &[]);
        bench.apply(&[]).assert_status(0);
        bench.assert_notes(&["start one"], &[], &[]);
    };

    // The controller: the host finishes what it is doing, finds nobody to tell, and puts it back.
    let apply = bench.apply_held(&["app_text=two"]);
    assert_eq!((conf(), bench.answer()), ("two\n".into(), "one".into()));
    apply.signal("KILL");
    apply.wait();
    bench.let_go();
    was_put_back();

    // Its ssh: it is said what becomes of the role.
    let apply = bench.apply_held(&["app_text=two"]);
    let killed = Command::new("pkill").args(["-KILL", "-P", &apply.id().to_string()]).status().unwrap();
    assert!(killed.success(), "no ssh was killed");
    let output = apply.wait().assert_status(1).assert_stdout_has("puts back by itself");
    output.assert_stdout_has("still at work").assert_stdout_has("1 host may be half done");
    bench.let_go();
    was_put_back();

    // The shell on the host: nobody is left to do it, so the next run begins with it.
    let apply = bench.apply_held(&["app_text=two"]);
    bench.read("pkill -KILL -f '^sh -s own'");
    let output = apply.wait().assert_status(1).assert_stdout_has("1 host may be half done");
    output.assert_stdout_has("half done, and stays so until the next apply");
    bench.let_go();
    assert_eq!((conf(), bench.answer()), ("two\n".into(), "one".into()));
    let all = |output: &crate::support::Output| format!("{}{}", output.stdout, output.stderr);
    let diff = bench.diff(&["app_text=two"]);
    assert!(all(&diff).contains("an earlier run was cut off"), "{diff}");
    assert_eq!(conf(), "two\n", "diff puts nothing back");
    let output = bench.apply(&[]).assert_status(0);
    assert!(all(&output).contains("was put back"), "{output}");
    bench.assert_notes(&[], &[], &[]);
    was_put_back();

    // The host itself: it boots with the new file, which nobody has declared good, and starts the service with it.
    bench.read("sync");
    let apply = bench.apply_held(&["app_text=two"]);
    bench.host().kill();
    apply.wait().assert_status(1).assert_stdout_has("after a crash, the next apply does");
    bench.host().start();
    bench.project.refresh(&bench.hosts);
    wait_until("the service to answer", || (bench.answer() == "two").then_some(()));
    bench.apply(&[]).assert_status(0);
    bench.assert_notes(&["start two", "start one"], &["start one"], &["start other"]);
    was_put_back();
}

/// The controller or the way to it falls silent without the connection ending: the host waits a while, then puts back.
#[test]
fn a_silent_controller_is_not_waited_for() {
    let bench = Bench::new(Suite::Trixie);
    bench.apply(&[]).assert_status(0);
    bench.assert_notes(&["start one"], &["start one"], &["start other"]);
    // The minute that the host waits is made a short one.
    let hurry = "#!/bin/sh\n[ \"$1\" != 60 ] || set -- 4\nexec /usr/bin/sleep \"$@\"\n";
    bench.host().write_file("/usr/local/sbin/sleep", hurry);
    bench.read("chmod 755 /usr/local/sbin/sleep");
    let waiting = &["app_text=two", "app_within=170s", "app_port=7999"];
    let in_checks = || wait_until("the checks", || (bench.answer() == "two").then_some(()));

    let apply = bench.project.solti_background(&Bench::arguments("apply", waiting));
    in_checks();
    apply.signal("STOP");
    wait_until("the old service to be back", || (bench.answer() == "one").then_some(()));
    apply.signal("CONT");
    let output = apply.wait().assert_status(1).assert_stdout_has("puts back by itself");
    output.assert_stdout_has("and so it did").assert_stdout_has("no changes made");
    bench.assert_clean();
    bench.assert_notes(&["start two", "start one"], &[], &[]);

    // Nor at the question: who never says yes or no keeps the host from others only so long, and who thinks may think.
    bench.read("sed -i 's/-- 4/-- 20/' /usr/local/sbin/sleep");
    let terminal = asked(&bench, "app_text=two");
    std::thread::sleep(std::time::Duration::from_secs(25));
    bench.read("! flock -n /run/solti/lock true");
    terminal.signal("STOP");
    wait_until("the lock to be free", || {
        (bench.host().exec("flock -n /run/solti/lock true").status == 0).then_some(())
    });
    terminal.signal("CONT");
    terminal.press(&["y", "Enter"]);
    assert_eq!(terminal.wait(), 1);
    bench.assert_clean();
    bench.assert_notes(&[], &[], &[]);
    bench.read("sed -i 's/-- 20/-- 4/' /usr/local/sbin/sleep");

    // The network: the connection is noticed to be dead on both sides.
    let alive = ["-e", "ansible_ssh_extra_args='-o ServerAliveInterval=1 -o ServerAliveCountMax=2'"];
    let mut arguments = Bench::arguments("apply", waiting);
    arguments.extend(alive);
    let apply = bench.project.solti_background(&arguments);
    in_checks();
    bench.read("ip link set eth0 down");
    apply.wait().assert_status(1).assert_stdout_has("puts back by itself");
    wait_until("the old service to be back", || (bench.answer() == "one").then_some(()));
    bench.assert_clean();
    bench.assert_notes(&["start two", "start one"], &[], &[]);
}

#[test]
fn where_nothing_can_be_written_nothing_is_touched() {
    let bench = Bench::new(Suite::Trixie);
    bench.apply(&[]).assert_status(0);
    bench.assert_notes(&["start one"], &["start one"], &["start other"]);
    let large = format!("app_text={}", "x".repeat(90_000));
    let refused = |variables: &[&str], said: &str| {
        let before = bench.snapshot();
        let output = bench.apply(variables).assert_status(1).assert_stdout_has("no changes made");
        assert!(output.stdout.contains(said), "expected {said:?}\n{output}");
        assert!(!output.stdout.contains("could not be put back"), "{output}");
        bench.assert_unchanged(&before, &output);
        bench.assert_notes(&[], &[], &[]);
        bench.assert_clean();
    };
    let mounted = |options: &str| {
        bench.read(&format!(
            "mount -t tmpfs -o {options} none /etc/app && echo one >/etc/app/app.conf && chmod 644 /etc/app/app.conf"
        ));
    };
    let full = "head -c 999999 /dev/zero >/etc/app/ballast 2>/dev/null; true";

    // The target's filesystem is full, or has only a little room.
    mounted("size=64k,mode=755");
    refused(&[&large], "/etc/app/app.conf: the filesystem /etc/app is full (0 of 64 KiB free)");
    bench.read(full);
    refused(&["app_text=two"], "the filesystem /etc/app is full (0 of 64 KiB free)");
    bench.read("rm /etc/app/ballast; mount -o remount,ro /etc/app");
    refused(&["app_text=two"], "the filesystem /etc/app is mounted read-only");
    bench.read("umount /etc/app");
    mounted("nr_inodes=3,mode=755");
    bench.read("touch /etc/app/ballast");
    refused(&["app_text=two"], "the filesystem /etc/app has no inodes left (0 of 3 free)");
    bench.read("umount /etc/app");

    // Something that nothing can replace: a mount, an immutable file.
    bench.read("mount --bind /etc/app/app.conf /etc/app/app.conf");
    refused(&["app_text=two", "app_soft=two"], "/etc/app/app.conf");
    bench.read("umount /etc/app/app.conf");
    let flags = |flags: u32| {
        bench.read(&format!(
            "perl -e 'open my $f, \"<\", \"/etc/app/app.conf\" or die; my $flags = pack(\"l!\", {flags}); ioctl($f, 0x40086602, $flags) or die $!'"
        ))
    };
    flags(0x10);
    refused(&["app_text=two", "app_soft=two"], "/etc/app/app.conf");
    flags(0);

    // The memory of solti itself.
    bench.read("mkdir /tmp/state && cp -a /var/lib/solti/. /tmp/state/ && rm -rf /tmp/state/generations && mount -t tmpfs -o size=64k none /var/lib/solti && cp -a /tmp/state/. /var/lib/solti/");
    bench.read("head -c 999999 /dev/zero >/var/lib/solti/ballast 2>/dev/null; true");
    refused(
        &["app_text=two"],
        "cannot write to /var/lib/solti: the filesystem /var/lib/solti is full (0 of 64 KiB free)",
    );
    bench.read("rm /var/lib/solti/ballast; mount -o remount,ro /var/lib/solti");
    refused(&["app_text=two"], "cannot write to /var/lib/solti: the filesystem /var/lib/solti is mounted read-only");
    bench.read("umount /var/lib/solti");
    bench.apply(&["app_text=two"]).assert_status(0);
    bench.apply(&[]).assert_status(0);
    bench.notes("app");
    the_way_back_needs_no_room(&bench);
}

/// What fills up or becomes read-only when a role is half done.
fn the_way_back_needs_no_room(bench: &Bench) {
    let failing = &["app_text=two", "app_unit=two", "app_within=1s", "app_port=7999"];
    let state = "mkdir -p /tmp/state && cp -a /var/lib/solti/. /tmp/state/ && mount -t tmpfs -o size=4m none /var/lib/solti && cp -a /tmp/state/. /var/lib/solti/";
    let fill = |folder: &str| bench.read(&format!("head -c 9999999 /dev/zero >{folder}/ballast 2>/dev/null; true"));
    // what is open for writing keeps a filesystem from becoming read-only, but not a place in it
    let seal =
        |folder: &str| bench.read(&format!("mount --bind {folder} {folder} && mount -o remount,ro,bind {folder}"));
    let roll_back = |fault: &dyn Fn()| {
        let before = bench.snapshot();
        let apply = bench.apply_held(failing);
        fault();
        bench.let_go();
        // what the command did that holds the step stays by nature
        let output = apply.wait().assert_status(1).assert_stdout_has("Failed on host; 1 change not put back");
        assert!(!output.stdout.contains("without saying why"), "{output}");
        bench.read("rm -f /etc/app/ballast");
        bench.assert_unchanged(&before, &output);
        assert_eq!(bench.answer(), "one", "{output}");
        output
    };

    // The memory of solti itself; and what it needs for the end is there from the beginning.
    bench.read(state);
    roll_back(&|| drop(fill("/var/lib/solti")));
    bench.assert_clean();
    bench.read("rm /var/lib/solti/ballast");
    let apply = bench.apply_held(&["app_text=two"]);
    fill("/var/lib/solti");
    bench.let_go();
    apply.wait().assert_status(0);
    bench.assert_clean();
    bench.read("rm /var/lib/solti/ballast");
    bench.apply(&[]).assert_status(0).assert_stdout_has("2 changes made");
    roll_back(&|| drop(seal("/var/lib/solti"))).assert_stdout_has("the next apply puts back once more");
    bench.read("umount /var/lib/solti && cp -a /var/lib/solti/. /tmp/state/ && umount /var/lib/solti && cp -a /tmp/state/. /var/lib/solti/");
    bench.apply(&[]).assert_status(0).assert_stdout_has("No changes");
    bench.assert_clean();

    // The target's filesystem.
    bench.read("mount -t tmpfs -o size=64k,mode=755 none /etc/app && echo one >/etc/app/app.conf && chmod 644 /etc/app/app.conf");
    roll_back(&|| drop(fill("/etc/app")));
    bench.assert_clean();
    bench.notes("app");
    let before = bench.snapshot();
    let apply = bench.apply_held(failing);
    seal("/etc/app");
    bench.let_go();
    let output = apply.wait().assert_status(1).assert_stdout_has("Failed on host; 1 host may be half done");
    let stuck = "could not be put back: /etc/app/app.conf: the filesystem /etc/app is mounted read-only";
    let output = output.assert_stdout_has(stuck).assert_stdout_has("to go on with what is there now, remove");
    assert_eq!(bench.notes("app"), ["start two"], "nothing is started on half of what was there\n{output}");
    assert!(bench.diff(&[]).stdout.contains("an earlier run was cut off"));
    let output = bench.apply(&["app_text=three"]).assert_status(1);
    let output = output.assert_stdout_has("nothing is begun on top of that").assert_stdout_has(stuck);
    assert_eq!(bench.host().read_file("/etc/app/app.conf"), "two\n", "{output}");
    bench.read("umount /etc/app");
    let output = bench.apply(&[]).assert_status(0);
    bench.assert_unchanged(&before, &output);
    assert_eq!(bench.answer(), "one", "{output}");
    bench.assert_clean();
    bench.read("umount /etc/app");
}

#[test]
fn a_host_is_changed_by_one_run_at_a_time_and_as_planned() {
    let bench = Bench::new(Suite::Trixie);
    bench.apply(&[]).assert_status(0);
    bench.assert_notes(&["start one"], &["start one"], &["start other"]);

    let apply = bench.apply_held(&["app_text=two"]);
    let second = bench.apply(&["app_text=three"]).assert_status(5);
    assert!(second.stdout.contains(&format!("process {}", apply.id())), "{second}");
    let diff = bench.diff(&["app_text=three"]).assert_status(2);
    assert!(!format!("{}{}", diff.stdout, diff.stderr).contains("cut off"), "{diff}");
    bench.let_go();
    apply.wait().assert_status(0);
    bench.assert_notes(&["start two"], &[], &[]);
    bench.apply(&["app_text=two"]).assert_stdout_has("No changes");

    // What has changed since the plan was made is not overwritten.
    let terminal = asked(&bench, "app_text=three");
    bench.host().write_file("/etc/app/app.conf", "by hand\n");
    terminal.press(&["y", "Enter"]);
    terminal.wait_for("has changed since the plan was made");
    assert_eq!(terminal.wait(), 1);
    assert_eq!(bench.host().read_file("/etc/app/app.conf"), "by hand\n");
    bench.assert_notes(&[], &[], &[]);

    // Who says no has changed nothing.
    let terminal = asked(&bench, "app_text=three");
    terminal.press(&["n", "Enter"]);
    assert_eq!(terminal.wait(), 5);
    assert_eq!(bench.host().read_file("/etc/app/app.conf"), "by hand\n");
    bench.assert_clean();
}

fn asked(bench: &Bench, variable: &str) -> Terminal {
    let terminal = bench.project.solti_on_terminal(&["apply", "inventory.yml", "-e", variable]);
    terminal.wait_for("[y/N]");
    terminal
}

#[test]
fn an_interrupted_run_finishes_the_role_in_hand_or_puts_it_back() {
    let bench = Bench::new(Suite::Trixie);
    bench.role("later", "steps:\n  - name: file\n    resources:\n      - file: { path: /srv/later, content: \"{{ later_text | default('one') }}\\n\" }\n");
    bench.roles("[app, later]");
    bench.apply(&[]).assert_status(0);
    bench.assert_notes(&["start one"], &["start one"], &["start other"]);

    let stop: [fn(&Background); 2] = [Background::interrupt, |apply| apply.signal("TERM")];
    for (stop, (text, notes)) in stop.iter().zip([("two", "start two"), ("three", "start three")]) {
        let text_variable = format!("app_text={text}");
        let mut apply = bench.apply_held(&[&text_variable, &format!("later_text={text}")]);
        stop(&apply);
        apply.wait_for_output("finishing the step in hand");
        bench.let_go();
        apply.wait().assert_status(130).assert_stdout_has("nterrupted");
        assert_eq!((bench.answer().as_str(), bench.host().read_file("/srv/later").as_str()), (text, "one\n"));
        bench.assert_notes(&[notes], &[], &[]);
        bench.assert_clean();
    }

    let mut apply = bench.apply_held(&["app_text=four", "later_text=four"]);
    apply.interrupt();
    apply.wait_for_output("finishing the step in hand");
    apply.interrupt();
    apply.wait_for_output("putting back the step in hand");
    bench.let_go();
    let output = apply.wait().assert_status(130).assert_stdout_has("put back  /etc/app/app.conf");
    assert_eq!(
        (bench.answer().as_str(), bench.host().read_file("/srv/later").as_str()),
        ("three", "one\n"),
        "{output}"
    );
    bench.assert_notes(&["start four", "start three"], &[], &[]);
    bench.assert_clean();
}
