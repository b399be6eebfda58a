//! Services: when they start, stop, start anew, read again, or are left alone.

use super::*;
use insta::assert_snapshot;
use std::collections::BTreeMap;

const SERVICE: &str = "service: { name: app, uses: [/etc/app], packages: [app], on_change: reload }";

/// A host on which the service runs, and which declares its configuration.
fn running(recorded: &[(&str, &str)]) -> State {
    let mut state = host([("/etc/app/a.conf", file("a", 0o644)), ("/etc/apparmor", file("x", 0o644))]);
    state.units.insert("app.service".into(), unit("active", "enabled"));
    for path in ["/etc/app/a.conf", "/etc/apparmor"] {
        state.declared.files.insert(path.into(), "wanted".into());
    }
    state.packages.installed.insert("app".into(), "1".into());
    if !recorded.is_empty() {
        let inputs = recorded.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        state.memory.manifest.services.insert("app.service".into(), inputs.collect());
    }
    state
}

fn digest() -> String {
    sha256(b"a")
}

fn inputs(state: &State) -> BTreeMap<String, String> {
    state.memory.manifest.services["app.service"].clone()
}

#[test]
fn it_must_be_there_or_appear() {
    assert_snapshot!(plan("service: { name: app }", &mut host([])), @"impossible: there is no unit app.service on the host, and nothing declared before makes it");
    assert_snapshot!(plan("service: { name: app, running: false }", &mut host([])), @"nothing");
    let mut state = host([]);
    state.predicted.packages.insert("app".into(), "1".into());
    assert_snapshot!(plan("service: { name: app, enabled: true }", &mut state), @r#"
    start
      at boot: disabled -> enabled
      state: inactive -> active
      > Enable { unit: "app.service", enabled: true }
      > Service { unit: "app.service", verb: Start, settle: 1000 }
      = app.service Nothing
    "#);
    let mut state = host([]);
    plan("unit: { name: app, content: x }", &mut state);
    assert!(plan("service: { name: app }", &mut state).starts_with("start"));
}

#[test]
fn what_a_package_is_about_to_enable_is_disabled() {
    let installing = |text: &str| {
        let mut state = host([]);
        state.predicted.packages.insert("app".into(), "1".into());
        plan(text, &mut state)
    };
    assert_snapshot!(installing("service: { name: app, packages: [app], running: false, enabled: false }"), @r#"
    update
      at boot: - -> disabled
      > Enable { unit: "app.service", enabled: false }
      = app.service Nothing
    "#);
    assert_snapshot!(installing("service: { name: app, packages: [app], enabled: false }"), @r#"
    start
      at boot: - -> disabled
      state: inactive -> active
      > Enable { unit: "app.service", enabled: false }
      > Service { unit: "app.service", verb: Restart, settle: 1000 }
      = app.service Nothing
    "#);
    // another package brings another unit
    assert_snapshot!(installing("service: { name: app, packages: [other], running: false, enabled: false }"), @"nothing");
}

#[test]
fn masked_or_without_systemd() {
    let mut state = host([]);
    state.units.insert("app.service".into(), UnitState { load: "masked".into(), ..unit("inactive", "masked") });
    assert_snapshot!(plan("service: { name: app }", &mut state), @"impossible: app.service is masked on the host; `systemctl unmask app.service` if that is no longer meant");
    assert_snapshot!(plan("service: { name: app, running: false, enabled: true }", &mut state), @"impossible: app.service is masked on the host; `systemctl unmask app.service` if that is no longer meant");
    assert_snapshot!(plan("service: { name: app, running: false, enabled: false }", &mut state), @"
    nothing
      = app.service Nothing
    ");
    state.missing_tools.insert("systemctl".into());
    assert_snapshot!(plan("service: { name: app }", &mut state), @"impossible: the host has no systemctl; services of other init systems cannot be managed yet");
}

#[test]
fn started_and_stopped() {
    let with = |text: &str, active: &str, boot: &str| {
        let mut state = host([]);
        state.units.insert("app.service".into(), unit(active, boot));
        plan(text, &mut state)
    };
    assert_snapshot!(with("service: { name: app, enabled: true }", "inactive", "disabled"), @r#"
    start
      at boot: disabled -> enabled
      state: inactive -> active
      > Enable { unit: "app.service", enabled: true }
      > Service { unit: "app.service", verb: Start, settle: 1000 }
      = app.service Nothing
    "#);
    assert_snapshot!(with("service: { name: app, settle: 5s }", "failed", "enabled"), @r#"
    start
      state: failed -> active
      > Service { unit: "app.service", verb: Start, settle: 5000 }
      = app.service Same
    "#);
    assert_snapshot!(with("service: { name: app }", "activating", "disabled"), @"
    nothing
      = app.service Same
    ");
    assert_snapshot!(with("service: { name: app, running: false, enabled: false }", "active", "enabled"), @r#"
    stop
      at boot: enabled -> disabled
      > Enable { unit: "app.service", enabled: false }
      > Service { unit: "app.service", verb: Stop, settle: 1000 }
      = app.service Same
    "#);
    assert_snapshot!(with("service: { name: app, enabled: true }", "active", "static"), @"impossible: app.service cannot be enabled: systemd calls it static");
    assert_snapshot!(with("service: { name: app, enabled: false }", "active", "static"), @"
    nothing
      = app.service Same
    ");
}

#[test]
fn it_runs_with_what_was_recorded() {
    let mut state = running(&[("/etc/app/a.conf", &digest()), ("package app", "1")]);
    assert_snapshot!(plan(SERVICE, &mut state), @"
    nothing
      = app.service Same
    ");
}

#[test]
fn changed_configuration_is_read_again() {
    let mut state = running(&[("/etc/app/a.conf", "old"), ("package app", "1")]);
    assert_snapshot!(plan(SERVICE, &mut state), @r#"
    reload
      because of /etc/app/a.conf
      > Service { unit: "app.service", verb: Reload, settle: 1000 }
      = app.service Same
    "#);
    assert_eq!(inputs(&state)["/etc/app/a.conf"], digest());
    assert!(plan(SERVICE, &mut state).starts_with("nothing"));
    let mut state = running(&[("/etc/app/a.conf", "old"), ("package app", "1")]);
    state.units.get_mut("app.service").unwrap().can_reload = false;
    assert!(plan(SERVICE, &mut state).starts_with("restart"));
}

#[test]
fn a_new_version_is_a_restart() {
    assert!(
        plan(SERVICE, &mut running(&[("/etc/app/a.conf", &digest()), ("package app", "0")])).starts_with("restart")
    );
    let mut state = running(&[("/etc/app/a.conf", &digest()), ("package app", "1")]);
    plan("package: { name: app, version: \"2\" }", &mut state);
    assert_snapshot!(plan(SERVICE, &mut state), @r#"
    restart
      because of package app 1 -> 2
      > Service { unit: "app.service", verb: Restart, settle: 1000 }
      = app.service Same
    "#);
    assert_eq!(inputs(&state)["package app"], crate::resource::reasons::KNOWN_AFTER_APPLY);
}

#[test]
fn a_changed_unit_file_is_a_restart() {
    let mut state = running(&[("/etc/app/a.conf", &digest()), ("package app", "1")]);
    let text = "unit: { name: app, content: \"[Service]\\n\", drop_in: more }";
    resource(text).declare(&mut state);
    assert_snapshot!(plan(text, &mut state), @r#"
    create
      text of /etc/systemd/system/app.service.d/more.conf: None -> Some("[Service]\n")
      > expect /etc/systemd/system/app.service.d Absent
      > make /etc/systemd/system/app.service.d -:- 0755
      > expect /etc/systemd/system/app.service.d/more.conf Absent
      > write, /etc/systemd/system/app.service.d/more.conf root:root 0644 10 bytes
      > DaemonReload { user: None }
      = /etc/systemd/system/app.service.d Nothing
      = /etc/systemd/system/app.service.d/more.conf Nothing
    "#);
    assert_snapshot!(plan(SERVICE, &mut state), @r#"
    restart
      because of /etc/systemd/system/app.service.d/more.conf
      > Service { unit: "app.service", verb: Restart, settle: 1000 }
      = app.service Same
    "#);
    assert!(plan(SERVICE, &mut state).starts_with("nothing"));
}

/// A reload does not read it again, wherever it is.
#[test]
fn a_changed_environment_is_a_restart() {
    let text = "unit: { name: app, drop_in: more, content: \"[Service]\\nEnvironmentFile=-/etc/app/env\\nEnvironmentFile=/srv/env\\n\" }";
    for path in ["/etc/app/env", "/srv/env"] {
        let mut state = running(&[("/etc/app/a.conf", &digest()), ("package app", "1")]);
        let env = format!("file: {{ path: {path}, content: A=b }}");
        for text in [text, &env] {
            resource(text).declare(&mut state);
            plan(text, &mut state);
        }
        plan(SERVICE, &mut state);
        state.files.paths.insert(path.into(), file("A=c", 0o600));
        let planned = plan(SERVICE, &mut state);
        assert!(planned.starts_with(&format!("restart\n  because of {path}\n")), "{planned}");
    }
}

#[test]
fn a_file_that_is_declared_no_longer_is_a_reason() {
    let recorded =
        [("/etc/app/a.conf", digest()), ("/etc/app/gone.conf", "x".to_owned()), ("package app", "1".to_owned())];
    let recorded: Vec<(&str, &str)> = recorded.iter().map(|(key, value)| (*key, value.as_str())).collect();
    assert_snapshot!(plan(SERVICE, &mut running(&recorded)), @r#"
    reload
      because of /etc/app/gone.conf
      > Service { unit: "app.service", verb: Reload, settle: 1000 }
      = app.service Same
    "#);
}

#[test]
fn without_a_record_only_what_is_newer_is_a_reason() {
    let mut state = running(&[]);
    assert_snapshot!(plan(SERVICE, &mut state), @"
    nothing
      = app.service Same
    ");
    assert_eq!(inputs(&state).len(), 2, "it is adopted as it is");
    let mut state = running(&[]);
    state.units.get_mut("app.service").unwrap().since = 500;
    assert_snapshot!(plan(SERVICE, &mut state), @r#"
    reload
      because of /etc/app/a.conf
      > Service { unit: "app.service", verb: Reload, settle: 1000 }
      = app.service Same
    "#);
    let mut state = running(&[]);
    plan("file: { path: /etc/app/a.conf, content: new }", &mut state);
    assert_snapshot!(plan(SERVICE, &mut state), @r#"
    reload
      because of /etc/app/a.conf
      > Service { unit: "app.service", verb: Reload, settle: 1000 }
      = app.service Same
    "#);
}

#[test]
fn systemd_has_not_read_its_files() {
    let mut state = running(&[("/etc/app/a.conf", &digest()), ("package app", "1")]);
    state.units.get_mut("app.service").unwrap().stale = true;
    assert_snapshot!(plan(SERVICE, &mut state), @"
    update
      systemd has not read its changed unit files yet
      > DaemonReload { user: None }
      = app.service Same
    ");
    assert!(plan(SERVICE, &mut state).starts_with("nothing"));
}

#[test]
fn many_reasons_are_counted() {
    let recorded: Vec<(String, String)> = (0..6).map(|number| (format!("/etc/app/{number}"), "x".to_owned())).collect();
    let recorded: Vec<(&str, &str)> = recorded.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_snapshot!(plan(SERVICE, &mut running(&recorded)), @r#"
    restart
      because of /etc/app/0, /etc/app/1 and 6 more
      > Service { unit: "app.service", verb: Restart, settle: 1000 }
      = app.service Same
    "#);
}

#[test]
fn units_made_from_a_template() {
    let mut state = host([]);
    let text = "unit: { name: app@.service, content: x }";
    resource(text).declare(&mut state);
    plan(text, &mut state);
    assert_snapshot!(plan("service: { name: app@one }", &mut state), @r#"
    start
      state: inactive -> active
      > Service { unit: "app@one.service", verb: Start, settle: 1000 }
      = app@one.service Nothing
    "#);
}

#[test]
fn units_of_other_types() {
    let mut state = host([]);
    for name in ["backup.timer", "app.socket", "srv-my\\x2ddata.mount", "app@one.service"] {
        state.units.insert(name.into(), unit("active", "enabled"));
        let declared = yaml(&format!("service: {{ name: '{name}', enabled: true }}"));
        let read =
            parse(ResourceKind::from_name("service").unwrap(), &declared.mapping().unwrap()[0].value, None, &Role)
                .unwrap();
        assert!(shown(&read.plan(&mut state).unwrap()).starts_with("nothing"), "{name}");
    }
    // a device has no unit file that says when it is wanted
    state.units.insert("-.slice".into(), unit("active", ""));
    assert_snapshot!(plan("service: { name: -.slice, enabled: true }", &mut state), @"impossible: -.slice cannot be enabled: it has no unit file");
    assert!(plan("service: { name: -.slice }", &mut state).starts_with("nothing"));
}

/// Asked for a name that is none, systemctl says nothing of the units that follow.
#[test]
fn names_of_units() {
    assert_snapshot!(errors("service: { name: app@, enabled: true }"), @"
    error: app@.service is a template, of which only instances can run
     --> role.yml:1:18
      |
    1 | service: { name: app@, enabled: true }
      |                  ^^^^
      |
      = help: name one, such as app@one
    ");
    for name in ["-x", "@one", ".service", "a b", "a/b", ""] {
        assert!(errors(&format!("service: {{ name: '{name}' }}")).contains("is no name of a systemd unit"), "{name}");
    }
    assert!(errors(&format!("service: {{ name: {} }}", "a".repeat(248))).contains("is no name of a systemd unit"));
    assert!(read("unit: { name: app@, content: x }").is_ok());
    assert!(read("unit: { name: -.slice, drop_in: more, content: x }").is_ok());
}
