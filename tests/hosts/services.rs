//! Units, drop-ins and services.

use crate::both::Both;

const UNIT: &str = r#"[Unit]
Description=one
[Service]
ExecStartPre=/bin/cat /etc/demo/demo.conf
ExecStart=/bin/sleep infinity
ExecReload=/bin/sh -c 'cat /etc/demo/demo.conf'
[Install]
WantedBy=multi-user.target
"#;

/// What it is, whether it runs, and at boot, and what it has started with so far.
const SEEN: &str = "systemctl show -p Description,ActiveState,UnitFileState,NeedDaemonReload --value demo; journalctl --sync; journalctl -q -o cat -u demo | grep '^setting '";

#[test]
fn a_service_runs_with_what_is_declared() {
    let both = Both::up();
    let resources = |unit: &str, setting: &str, service: &str| {
        let unit: String = unit.lines().map(|line| format!("      {line}\n")).collect();
        format!(
            "- directory: {{ path: /etc/demo }}\n\
             - file: {{ path: /etc/demo/demo.conf, content: \"setting {setting}\\n\" }}\n\
             - unit:\n    name: demo.service\n    content: |\n{unit}\
             - service: {{ name: demo, enabled: true, uses: [/etc/demo], settle: 300ms{service} }}\n"
        )
    };
    both.declare(&resources(UNIT, "a", ""));
    insta::assert_snapshot!(both.diff(), @r"
    8 changes on 2 hosts

    new, old (2 hosts)
      resources/play
        + directory /etc/demo (root:root 0755)
        + file /etc/demo/demo.conf
          +setting a
        + unit demo.service
          /etc/systemd/system/demo.service (new)
          +[Unit]
          +Description=one
          +[Service]
          +ExecStartPre=/bin/cat /etc/demo/demo.conf
          +ExecStart=/bin/sleep infinity
          +ExecReload=/bin/sh -c 'cat /etc/demo/demo.conf'
          +[Install]
          +WantedBy=multi-user.target
        + service demo: start
          at boot  disabled -> enabled
          state    inactive -> active
    ");
    both.apply();
    insta::assert_snapshot!(both.read(SEEN), @r"
    one
    active
    enabled
    no
    setting a
    ");
    both.apply_changes_nothing();

    // The unit changes, the configuration changes, a drop-in comes: each time it starts anew, once.
    both.declare(&resources(&UNIT.replace("=one", "=two"), "b", ""));
    insta::assert_snapshot!(both.diff(), @r"
    6 changes on 2 hosts

    new, old (2 hosts)
      resources/play
        ~ file /etc/demo/demo.conf
          @@ -1 +1 @@
          -setting a
          +setting b
        ~ unit demo.service
          /etc/systemd/system/demo.service
          @@ -1,5 +1,5 @@
           [Unit]
          -Description=one
          +Description=two
           [Service]
           ExecStartPre=/bin/cat /etc/demo/demo.conf
           ExecStart=/bin/sleep infinity
        ~ service demo: restart (because of /etc/demo/demo.conf, /etc/systemd/system/demo.service)
    ");
    both.apply();
    insta::assert_snapshot!(both.read(SEEN), @r"
    two
    active
    enabled
    no
    setting a
    setting b
    ");
    let drop_in = "- unit: { name: demo.service, drop_in: more, content: \"[Unit]\\nDescription=three\\n\" }\n";
    both.declare(&format!("{drop_in}{}", resources(&UNIT.replace("=one", "=two"), "b", "")));
    insta::assert_snapshot!(both.diff(), @r"
    4 changes on 2 hosts

    new, old (2 hosts)
      resources/play
        + unit demo.service.d/more.conf
          /etc/systemd/system/demo.service.d/more.conf (new)
          +[Unit]
          +Description=three
        ~ service demo: restart (because of /etc/systemd/system/demo.service.d/more.conf)
    ");
    both.apply();
    assert_eq!(
        both.read("systemctl show -p Description --value demo; ls /etc/systemd/system/demo.service.d"),
        "three\nmore.conf"
    );

    // With on_change: reload only what is configuration is reloaded.
    both.declare(&format!("{drop_in}{}", resources(&UNIT.replace("=one", "=two"), "c", ", on_change: reload")));
    let pid = both.hosts.iter().map(|host| host.read("systemctl show -p MainPID --value demo")).collect::<Vec<_>>();
    insta::assert_snapshot!(both.diff(), @r"
    4 changes on 2 hosts

    new, old (2 hosts)
      resources/play
        ~ file /etc/demo/demo.conf
          @@ -1 +1 @@
          -setting b
          +setting c
        ~ service demo: reload (because of /etc/demo/demo.conf)
    ");
    both.apply();
    let still = both.hosts.iter().map(|host| host.read("systemctl show -p MainPID --value demo")).collect::<Vec<_>>();
    assert_eq!(pid, still);
    assert_eq!(both.read("journalctl --sync; journalctl -q -o cat -u demo | grep -c 'setting c'"), "1");

    // By hand.
    both.repairs(
        "systemctl stop demo && systemctl disable -q demo",
        &["+ service demo: start", "state    inactive -> active", "at boot  disabled -> enabled"],
    );
    both.repairs(
        "systemctl kill -s KILL demo; until systemctl is-failed -q demo; do :; done",
        &["state  failed -> active"],
    );
    // It may have been started with what was changed by hand, so it starts anew with what is declared.
    both.repairs(
        "cd /etc/systemd/system && sed -i s/two/edited/ demo.service && rm demo.service.d/more.conf && systemctl daemon-reload && systemctl restart demo",
        &[
            "~ unit demo.service",
            "-Description=edited",
            "+ unit demo.service.d/more.conf",
            "service demo: restart (because of /etc/systemd/system/demo.service, /etc/systemd/system/demo.service.d/more.conf)",
        ],
    );
    both.repairs("echo setting x >/etc/demo/demo.conf", &["-setting x", "service demo: reload"]);
    // systemd has not read what is on disk, though that is as declared.
    both.repairs(
        "touch -d 'next year' /etc/systemd/system/demo.service",
        &["systemd has not read its changed unit files yet"],
    );

    // The drop-in is no longer declared: its folder goes too, and the service starts without it.
    both.declare(&resources(&UNIT.replace("=one", "=two"), "c", ", on_change: reload"));
    insta::assert_snapshot!(both.diff(), @"
    6 changes on 2 hosts

    new, old (2 hosts)
      resources/no longer declared
        - play/unit demo.service.d/more.conf (/etc/systemd/system/demo.service.d/more.conf)
      resources/play
        ~ service demo: restart (because of /etc/systemd/system/demo.service.d/more.conf)
      resources/folders no longer declared
        - play/unit demo.service.d/more.conf (/etc/systemd/system/demo.service.d)
    ");
    both.apply();
    assert_eq!(
        both.read("systemctl show -p Description --value demo; ls -d /etc/systemd/system/demo*"),
        "two\n/etc/systemd/system/demo.service"
    );

    // Stopped on purpose.
    both.declare(
        &resources(&UNIT.replace("=one", "=two"), "c", ", state: stopped").replace("enabled: true", "enabled: false"),
    );
    insta::assert_snapshot!(both.diff(), @r"
    2 changes on 2 hosts

    new, old (2 hosts)
      resources/play
        - service demo: stop
          at boot  enabled -> disabled
    ");
    both.apply();
    assert_eq!(both.read("systemctl is-active demo; systemctl is-enabled demo; true"), "inactive\ndisabled");

    // All of it goes.
    both.declare(&resources(&UNIT.replace("=one", "=two"), "c", "")).apply();
    both.declare("- directory: { path: /opt/other }");
    insta::assert_snapshot!(both.diff(), @r"
    10 changes on 2 hosts

    new, old (2 hosts)
      resources/no longer declared
        - play/service demo: stop
          state    active -> inactive
          at boot  enabled -> disabled
        - play/unit demo.service (/etc/systemd/system/demo.service)
        - play/file /etc/demo/demo.conf (/etc/demo/demo.conf)
      resources/play
        + directory /opt/other (root:root 0755)
      resources/folders no longer declared
        - play/directory /etc/demo (/etc/demo)
    ");
    both.apply();
    assert_eq!(both.read("systemctl show -p LoadState,ActiveState --value demo; ls -d /etc/demo /etc/systemd/system/*/demo.service 2>/dev/null; true"), "not-found\n\ninactive".replace("\n\n", "\n"));
}

#[test]
fn a_service_that_ran_before_is_adopted_as_it_is() {
    let both = Both::up();
    both.each(|host| {
        host.write_file("/etc/systemd/system/demo.service", "[Service]\nExecStart=/bin/sleep infinity\n");
        host.read("systemctl daemon-reload && systemctl start demo");
    });
    let pids = || both.hosts.iter().map(|host| host.read("systemctl show -p MainPID --value demo")).collect::<Vec<_>>();
    let before = pids();
    both.declare(
        "- unit: { name: demo, content: \"[Service]\\nExecStart=/bin/sleep infinity\\n\" }\n- service: { name: demo }",
    )
    .unchanged();
    // A static unit cannot be enabled; a unit that nobody makes cannot run; a masked one neither.
    both.declare("- service: { name: demo, enabled: true }\n- service: { name: no-such }\n");
    let output = both.solti(&["diff"]).assert_status(1);
    assert!(output.stdout.contains("demo.service cannot be enabled: systemd calls it static"), "{output}");
    assert!(output.stdout.contains("there is no unit no-such.service on the host"), "{output}");
    // It stays when nobody declares it any more: it was there before.
    both.declare("- service: { name: demo }\n- file: { path: /opt/x, content: x }").apply();
    both.declare("- file: { path: /opt/x, content: y }").apply();
    assert_eq!(pids(), before);
    both.each(|host| {
        drop(host.read("systemctl stop demo; systemctl mask --runtime -q demo; mkdir -p /run/systemd/system; true"))
    });
    both.declare("- service: { name: ssh, state: restarted }");
    let output = both.solti(&["diff"]).assert_status(3);
    assert!(
        format!("{}{}", output.stdout, output.stderr).contains("`state` is `started` or `stopped`, not `restarted`"),
        "{output}"
    );
    units_of_other_types(&both);
}

/// A socket with its service, whose client comes at once; a timer that elapses, a path that is there, a mount, a service that
/// is done and one that says that it reads its configuration: while each settles, systemd calls it something else.
fn other_units(port: u16) -> String {
    let unit = |name: &str, lines: &[&str]| {
        let lines: String = lines.iter().map(|line| format!("      {line}\n")).collect();
        format!("- unit:\n    name: {name}\n    content: |\n{lines}")
    };
    let sleeps = ["[Service]", "ExecStart=/bin/sleep infinity"];
    let anew = "ExecStart=/bin/sh -c 'systemd-notify --ready; sleep 0.5; systemd-notify RELOADING=1 MONOTONIC_USEC=1; sleep 0.5; systemd-notify --ready; sleep infinity'";
    [
        unit("echo.socket", &["[Socket]", &format!("ListenStream=127.0.0.1:{port}")]),
        unit("echo.service", &sleeps),
        unit("tick.timer", &["[Timer]", "OnActiveSec=1s", "AccuracySec=10ms"]),
        unit("tick.service", &["[Service]", "Type=oneshot", "ExecStart=/bin/true"]),
        unit("seen.path", &["[Path]", "PathExists=/run/seen", "Unit=other.service"]),
        unit("other.service", &sleeps),
        unit("'srv-my\\x2ddata.mount'", &["[Mount]", "What=tmpfs", "Where=/srv/my-data", "Type=tmpfs"]),
        unit("once.service", &["[Service]", "RemainAfterExit=yes", "ExecStart=/bin/sleep 0.5"]),
        unit("anew.service", &["[Service]", "Type=notify", "NotifyAccess=all", anew]),
    ]
    .concat()
        + "- service: { name: \"{{ item }}\", settle: 2s, loop: [echo.socket, tick.timer, seen.path, 'srv-my\\x2ddata.mount', once, anew] }\n"
}

fn units_of_other_types(both: &Both) {
    both.each(|host| {
        let client = "until systemctl is-active -q anew; do sleep 0.05; done; sleep 0.5; : <>/dev/tcp/127.0.0.1/7110; touch /run/seen";
        drop(host.read(&format!("systemd-run -q bash -c '{client}'")));
    });
    both.declare(&other_units(7110)).apply();
    let states = "systemctl show -p SubState --value echo.socket echo.service tick.timer seen.path 'srv-my\\x2ddata.mount' once anew | grep .";
    assert_eq!(both.read(states), "running\nrunning\nelapsed\nrunning\nmounted\nexited\nrunning");
    // systemd opens no socket while its service runs
    both.declare(&other_units(7111)).apply();
    let open =
        "systemctl show -p SubState --value echo.socket echo.service | grep .; ss -tln | grep -o '127.0.0.1:711[0-9]'";
    assert_eq!(both.read(open), "running\nrunning\n127.0.0.1:7111");
    both.declare(&other_units(22));
    both.solti(&["apply", "-y"]).assert_status(1).assert_stdout_has("echo.socket is running as before");
    assert_eq!(both.read(open), "running\nrunning\n127.0.0.1:7111");
    // what a unit has started goes with it when it is put back
    let more = "- unit: { name: more.path, content: \"[Path]\\nPathExists=/run/seen\\n\" }\n- unit: { name: more.service, content: \"[Service]\\nExecStart=/bin/sleep infinity\\n\" }\n- service: { name: more.path }\n- command: { command: \"systemctl is-active more.service && exit 7\", creates: /run/never }\n";
    both.declare(&format!("{}{more}", other_units(7111)));
    both.solti(&["apply", "-y"]).assert_status(1).assert_stdout_has("exit status 7");
    assert_eq!(both.read("systemctl is-active more.path more.service; true"), "inactive\ninactive");
}
