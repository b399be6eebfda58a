//! Whatever is on a host: what a plan leaves behind needs no second plan.

use super::*;
use proptest::prelude::*;

/// One of each kind, in most of the ways in which it can be declared.
const ALL: &[&str] = &[
    "file: { path: /etc/app/a, content: new }",
    "file: { path: /etc/app/a, content: new, owner: app, group: 300, mode: \"0600\" }",
    "file: { path: /etc/app/a, src: binary, secret: true }",
    "template: { dest: /etc/app/a, src: a.j2, validate: [check, \"%s\"] }",
    "config: { dir: /etc/app, owner: app, files: [{ dest: a, content: new }, { dest: b/c, content: x }] }",
    "config: { dir: /etc/app, exclusive: true, files: [{ dest: a, content: new }] }",
    "directory: { path: /etc/app/a }",
    "directory: { path: /etc/app/a, owner: 300, mode: \"0700\" }",
    "symlink: { path: /etc/app/a, src: b }",
    "absent: { path: /etc/app/a }",
    "absent: { path: /etc/app/a, recursive: true }",
    "user: { name: app }",
    "user: { name: app, uid: 301, group: app, groups: [adm, 4], home: /srv, shell: /bin/false, comment: x }",
    "user: { name: app, group: 4, system: true }",
    "group: { name: app }",
    "group: { name: app, gid: 301, system: true }",
    "package: { name: app }",
    "package: { name: app, version: \"2.*\" }",
    "package: { names: [app, more], state: latest }",
    "package: { name: app, repository: { name: a, uris: b, suites: c, key: { src: key.gpg, fingerprint: 3B9DF8859D37BFCF9E56AAD7F7D0B6568C45B8BB } } }",
    "unit: { name: app, content: x }",
    "unit: { name: app, content: x, drop_in: more }",
    "quadlet: { name: app.container, container: { Image: docker.io/a/b:1 }, install: { WantedBy: multi-user.target } }",
    "quadlet: { name: app.volume, volume: {}, user: app }",
    "quadlet: { name: app.network, content: \"[Network]\" }",
    "quadlet: { name: app.container, drop_in: more, container: { Environment: { A: b } } }",
    "service: { name: app }",
    "service: { name: app, enabled: true, uses: /etc/app, packages: app, on_change: reload }",
    "service: { name: app, running: false, enabled: false }",
    "command: { command: [x], creates: /etc/app/a }",
    "command: { command: x, unless: y }",
    "command: { command: x, probe: y, value: z }",
];

fn any_meta() -> impl Strategy<Value = Meta> {
    (prop_oneof![Just(("root", 0)), Just(("app", 300)), Just(("300", 300))], 0_u32..0o10000)
        .prop_map(|((owner, number), mode)| meta(owner, number, mode))
}

fn any_path() -> impl Strategy<Value = PathState> {
    prop_oneof![
        Just(PathState::Absent),
        Just(PathState::Other),
        any_meta().prop_map(|meta| PathState::Directory { meta }),
        proptest::option::of("[bc]").prop_map(|target| PathState::Link { target }),
        (any_meta(), prop_oneof![Just("new"), Just("old"), Just("x")], any::<bool>()).prop_map(
            |(meta, text, known)| {
                PathState::File {
                    meta,
                    sha256: known.then(|| sha256(text.as_bytes())),
                    content: None,
                    size: text.len() as u64,
                    modified: Some(1000),
                }
            }
        ),
    ]
}

fn any_unit() -> impl Strategy<Value = UnitState> {
    let word = |words: &'static [&'static str]| proptest::sample::select(words).prop_map(str::to_owned);
    (
        word(&["loaded", "not-found", "masked"]),
        word(&["active", "inactive", "failed", "activating"]),
        word(&["enabled", "disabled", "static", "", "masked"]),
        any::<[bool; 2]>(),
        0_i64..2000,
    )
        .prop_map(|(load, active, enabled, [stale, can_reload], since)| UnitState {
            load,
            active,
            enabled,
            stale,
            can_reload,
            since,
            ..UnitState::default()
        })
}

const PATHS: [&str; 7] = [
    "/etc/app",
    "/etc/app/a",
    "/etc/app/b",
    "/etc/app/b/c",
    "/etc/systemd/system/app.service",
    "/etc/containers/systemd/app.container",
    "/etc/apt/keyrings/a.gpg",
];

fn any_host() -> impl Strategy<Value = State> {
    let paths = PATHS.map(|path| (Just(path), proptest::option::of(any_path())));
    let packages = proptest::option::of(prop_oneof![Just("1"), Just("2.1")]);
    let podman = proptest::option::of((proptest::sample::select(vec!["4.3.1", "4.9.3", "5.4.2"]), any::<[bool; 2]>()));
    (paths, proptest::option::of(any_unit()), any::<[bool; 4]>(), packages, podman).prop_map(
        |(paths, unit, [has_user, has_group, has_record, has_listing], package, podman)| {
            let mut state = host(paths.into_iter().filter_map(|(path, there)| Some((path, there?))));
            state.units.extend(unit.map(|unit| ("app.service".to_owned(), unit)));
            state.accounts.groups.insert("adm".into(), group(4, &[]));
            if has_user {
                state.accounts.users.insert("app".into(), user(300));
            }
            if has_group {
                state.accounts.groups.insert("app".into(), group(300, &["app"]));
            }
            if has_record {
                let inputs = [("/etc/app/a".to_owned(), sha256(b"old"))];
                state.memory.manifest.services.insert("app.service".into(), inputs.into());
            }
            if has_listing {
                let paths = ["/etc/app/stranger", "/etc/app/a"].map(str::to_owned).to_vec();
                state.files.below.insert("/etc/app".into(), Below::All { paths, odd: 0 });
            }
            if let Some((version, [has_image, lingers])) = podman {
                state.podman.version = Some(version.to_owned());
                if has_image {
                    state.podman.images.insert("docker.io/a/b:1".into(), "sha256:1".into());
                }
                if lingers {
                    state.podman.subordinate.insert("app".into());
                    state.files.paths.insert("/var/lib/systemd/linger/app".into(), file("", 0o644));
                }
            }
            state.packages.installed.extend(package.map(|version| ("app".to_owned(), version.to_owned())));
            state.packages.candidates.insert("app".into(), "2.1".into());
            state
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn a_second_plan_is_empty(mut state in any_host(), chosen in proptest::sample::subsequence(ALL.to_vec(), 1..4)) {
        for text in &chosen {
            resource(text).declare(&mut state);
        }
        for text in chosen {
            let resource = resource(text);
            let before = state.clone();
            let Ok(first) = resource.plan(&mut state) else { continue };
            let second = resource.plan(&mut state);
            let second = second.map_err(|reason| TestCaseError::fail(format!("{text}: {reason}\nfirst:\n{}", shown(&first))))?;
            prop_assert!(second.draft.is_none(), "{}\nfirst:\n{}\nsecond:\n{}", text, shown(&first), shown(&second));
            // a plan that changes nothing leaves what is known of paths and accounts as it was
            if first.draft.is_none() {
                prop_assert_eq!(&before.files.paths, &state.files.paths);
                prop_assert_eq!(&before.accounts.users, &state.accounts.users);
            }
        }
    }
}
