//! A service starts anew exactly once for whatever it was started with, and for nothing else.

use crate::bench::Bench;
use crate::support::{Suite, eventually};

#[test]
fn each_change_restarts_its_service_once_on_trixie() {
    each_change_restarts_its_service_once(Suite::Trixie);
}

#[test]
fn each_change_restarts_its_service_once_on_bookworm() {
    each_change_restarts_its_service_once(Suite::Bookworm);
}

fn each_change_restarts_its_service_once(suite: Suite) {
    let bench = Bench::new(suite);
    bench.apply(&[]).assert_status(0);
    bench.assert_notes(&["start one"], &["start one"], &["start other"]);

    let mut variables: Vec<&str> = Vec::new();
    let cases: &[(&[&str], &[&str], &[&str])] = &[
        (&[], &[], &[]),
        (&["app_text=two"], &["start two"], &[]),
        (&["app_unit=two"], &["start two"], &[]),
        (&["app_drop_in=two"], &["start two"], &[]),
        (&["app_hello=1.1"], &["start two"], &[]),
        (&["app_text=three", "app_unit=three", "app_drop_in=three"], &["start three"], &[]),
        (&["app_soft=two"], &[], &["reload two"]),
        // A new unit is read only by a start, and then one is enough.
        (&["app_soft=three", "app_soft_unit=three"], &[], &["start three"]),
        (&["app_text=four", "app_soft=four"], &["start four"], &["reload four"]),
    ];
    for (changed, app, soft) in cases {
        variables.extend(*changed);
        bench.apply(&variables).assert_status(0);
        bench.apply(&variables).assert_status(0).assert_stdout_has("No changes");
        bench.assert_notes(app, soft, &[]);
    }
    bench.assert_clean();
}

/// What a service uses may come from a role that is applied after the service's own, and go with it.
#[test]
fn a_later_role_restarts_an_earlier_roles_service() {
    let bench = Bench::new(Suite::Trixie);
    let more = |text: &str| {
        let steps = format!(
            "steps:\n  - name: more\n    resources:\n      - file: {{ path: /etc/app/more.conf, content: \"{text}\\n\" }}\n"
        );
        bench.role("more", &steps);
    };
    more("one");
    bench.roles("[app, more]");
    bench.apply(&[]).assert_status(0);
    // The first role is carried out before the second.
    bench.assert_notes(&["start one", "start one"], &["start one"], &["start other"]);
    bench.apply(&[]).assert_status(0).assert_stdout_has("No changes");

    // Each start notes what it finds: it must come after the change.
    bench.host().write_file(
        "/etc/systemd/system/app.service.d/noting.conf",
        "[Service]\nExecStartPre=/bin/sh -c 'echo $$(cat /etc/app/*.conf) >>/var/log/seen.log'\n",
    );
    bench.read("systemctl daemon-reload");
    let once = |seen: &str, what: &str| {
        bench.apply(&[]).assert_status(0);
        bench.apply(&[]).assert_status(0).assert_stdout_has("No changes");
        assert_eq!(bench.notes("seen"), [seen], "{what}");
        bench.assert_notes(&["start one"], &[], &[]);
    };
    more("two");
    once("one two", "changed by the later role");
    bench.role("more", "steps:\n  - name: more\n    resources:\n      - directory: { path: /etc/app }\n");
    once("one", "no longer declared by the later role");
    more("three");
    once("one three", "declared again");
    bench.roles("[app, { role: more, state: absent }]");
    once("one", "the later role is absent");
    more("four");
    bench.roles("[more, app]");
    once("one four", "declared by an earlier role");
    bench.assert_clean();
}

/// What a role stops declaring is gone before its service starts anew, which is then once.
#[test]
fn what_is_no_longer_declared_is_gone_before_the_restart() {
    let bench = Bench::new(Suite::Trixie);
    let role = |files: &str, drop_in: &str| {
        let steps = format!(
            "steps:
  - name: all
    resources:
      - config:
          dir: /etc/fresh
          files: [{{ content: \"x\\n\", dest: fresh.conf }}{files}]
          validate: [sh, -c, 'test $(ls /etc/fresh/*.d | wc -l) -le 1']
      - unit:
          name: fresh.service
          content: |
            [Service]
            ExecStartPre=/bin/sh -c 'echo saw $$(ls -A /etc/fresh/*.d | grep -v ^.solti-) $NOTE >>/var/log/seen.log'
            ExecStart=/usr/local/bin/app run fresh 7004
{drop_in}      - service: {{ name: fresh, uses: [/etc/fresh], settle: 0s }}
"
        );
        bench.role("fresh", &steps);
    };
    let file = |name: &str| format!(", {{ content: \"x\\n\", dest: conf.d/{name} }}");
    let drop_in =
        "      - unit: { name: fresh.service, drop_in: note, content: \"[Service]\\nEnvironment=NOTE=noted\\n\" }\n";
    bench.roles("[fresh]");
    role(&file("a"), drop_in);
    bench.apply(&[]).assert_status(0);
    let started_once = || eventually(&vec!["start x".to_owned()], || bench.notes("fresh"));
    started_once();
    bench.notes("seen");
    for (files, drop_in, seen) in [
        (file("b"), drop_in, "b noted"),
        (file("b"), "", "b"),
        (file("a"), drop_in, "a noted"),
        (String::new(), "", ""),
    ] {
        role(&files, drop_in);
        bench.apply(&[]).assert_status(0);
        bench.apply(&[]).assert_status(0).assert_stdout_has("No changes");
        started_once();
        assert_eq!(bench.notes("seen"), [format!("saw {seen}").trim_end()]);
    }
    assert!(!bench.host().has("/etc/fresh/conf.d"));
    bench.assert_clean();
}
