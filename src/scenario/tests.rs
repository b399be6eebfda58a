//! Scenarios as far as they go without hosts: what is read, and what is refused with which words.

#![allow(clippy::unwrap_used)]

use super::event::Cell;
use super::{Collection, Image, Origin, Plays, Preparation, Scenario, Step, check, init};
use crate::source::Diagnostics;
use insta::assert_snapshot;
use std::fs;
use tempfile::TempDir;

/// A project with these files.
fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn read(files: &[(&str, &str)]) -> Result<Vec<Scenario>, Diagnostics> {
    let folder = project(files);
    let scenarios = Collection::open(folder.path().to_owned())?.read(&[])?;
    let mut errors = Diagnostics::new();
    for scenario in scenarios.iter().flat_map(Scenario::variants) {
        errors.collect(check(folder.path(), &scenario));
    }
    errors.or(scenarios)
}

/// The one scenario with this text.
fn scenario(text: &str) -> Result<Scenario, Diagnostics> {
    read(&[("molecule-tests/example/scenario.yml", text)]).map(|mut scenarios| scenarios.remove(0))
}

/// What is said about a scenario with this text, without the folder that it is in.
fn refused(text: &str) -> String {
    refused_with(&[("molecule-tests/example/scenario.yml", text)])
}

fn refused_with(files: &[(&str, &str)]) -> String {
    let text = read(files).expect_err("it was taken").to_string();
    let words = text.split_inclusive(['/', ' ', '\n']).filter(|word| !word.starts_with(".tmp") && *word != "tmp/");
    words.collect::<String>().replace("--> /mol", "--> mol").replace("/molecule", "molecule")
}

#[test]
fn three_lines_are_a_scenario() {
    let found = scenario("summary: x\nrole: node_exporter\nplatforms: [debian13, debian12]\n").unwrap();
    let suites: Vec<_> = found.platforms.iter().map(|platform| platform.origin.clone()).collect();
    assert_eq!(suites, ["trixie", "bookworm"].map(|suite| Origin::Image(Image::Suite(suite))));
    assert_eq!(found.hosts.iter().map(|host| host.name.as_str()).collect::<Vec<_>>(), ["host"]);
    assert!(matches!(found.plays, Plays::Roles(_)));
}

#[test]
fn what_is_written_for_a_role_is_one() {
    let folder = project(&[]);
    let path = init(folder.path(), "prometheus").unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_snapshot!(text, @r#"
    summary: "Metrics server from Debian's package, which scrapes every host of the inventory"
    role: prometheus
    platforms: [debian13, debian12]
    "#);
    assert!(scenario(&text).is_ok());
    assert!(init(folder.path(), "prometheus").unwrap_err().to_string().contains("is there already"));
    // a role without checks cannot be verified
    let bare = "summary: bare\nsteps:\n  - name: all\n    resources: [file: { path: /x, content: x }]\n";
    let folder = project(&[("roles/bare/role.yml", bare)]);
    let text = fs::read_to_string(init(folder.path(), "bare").unwrap()).unwrap();
    assert_snapshot!(text, @r#"
    summary: "bare"
    role: bare
    platforms: [debian13, debian12]
    # The role has no checks of its own; what is to be true afterwards, for example:
    # checks:
    #   - unit: { name: example }
    #   - file: { path: /etc/example, contains: port }
    #   - http: { url: "http://127.0.0.1:1234/health" }
    "#);
    let with_checks = text.replace("# checks", "checks").replace("#  ", "  ");
    assert!(read(&[("roles/bare/role.yml", bare), ("molecule-tests/example/scenario.yml", &with_checks)]).is_ok());
    assert_snapshot!(init(folder.path(), "promtheus").unwrap_err().to_string().lines().take(2).collect::<Vec<_>>().join("\n"), @r"
    error: unknown role `promtheus`
    help: did you mean `prometheus`?
    ");
}

#[test]
fn all_keys() {
    let text = "\
playbook: play.yml
platforms:
  - { name: own, image: registry.example.org/debian, mounts: '.:/srv/here', prepare: 'true' }
hosts:
  mon: { groups: [loki, all_of_them] }
  app: { platform: debian12, vars: { x: 1 } }
vars: { x: 2 }
prepare: [mkdir /srv/x, { playbook: play.yml }]
checks:
  loki:
    - port: { port: 3100 }
expect: { fails: no such thing, at: verify }
removed: { except: [/srv/x] }
";
    let play = "- hosts: all\n  resources:\n    - file: { path: /etc/x, content: \"{{ x }}{{ scenario_dir }}\" }\n";
    let files = [("molecule-tests/example/scenario.yml", text), ("molecule-tests/example/play.yml", play)];
    let found = read(&files).unwrap().remove(0);
    assert_eq!(found.platforms[0].origin, Origin::Image(Image::Named("registry.example.org/debian".to_owned())));
    assert_eq!(found.platforms[0].mounts[0].target, "/srv/here");
    assert_eq!(found.hosts[1].platform.as_ref().unwrap().name, "debian12");
    assert!(matches!(found.prepare[..], [Preparation::Shell(_), Preparation::Playbook(_)]));
    assert_eq!(found.expect.unwrap().at, Step::Verify);
    assert_eq!(found.may_stay, ["/srv/x"]);
}

#[test]
fn keys_that_are_none() {
    assert_snapshot!(refused("role: loki\nplatform: [debian13]\nchecks: []\nvars: { a: 1 }\n"));
    assert_snapshot!(refused("platforms: [debian31, own, debian13, debian13]\nroles: [loki]\nplaybook: x.yml\n"));
    assert_snapshot!(refused("platforms: debian13\n"));
    assert_snapshot!(refused(
        "role: loki\nplatforms: debian13\nhosts: { mon: , app: }\nbreaks:\n  - { run: x, fails: [] }\n  - { on: ap, brake: x, fails: y }\n"
    ));
    assert_snapshot!(refused("role: loki\nplatforms: []\nhosts: { Mon: { group: x }, a_b: }\n"));
    assert_snapshot!(refused(
        "role: loki\nplatforms: debian13\nexpect: { fails: x, at: create }\nremoved: { except: [etc] }\n"
    ));
    assert_snapshot!(refused(
        "role: loki\nplatforms: debian13\nexpect: { at: aply }\nprepare: { playbok: x.yml }\nchecks: [{ htp: { url: x } }]\n"
    ));
}

#[test]
fn errors_of_roles_and_variables_point_into_the_scenario() {
    assert_snapshot!(refused("role: lokki\nplatforms: [debian13]\n"));
    assert_snapshot!(refused("role: loki\nplatforms: [debian13, debian12]\nvars:\n  loki_http_port: many\n"));
    assert_snapshot!(refused("role: loki\nplatforms: [debian13]\nvars:\n  loki_htp_port: 1\n"));
    assert_snapshot!(refused(
        "role: loki\nplatforms: [debian13]\nchecks:\n  mon:\n    - port: { port: \"{{ nothing }}\" }\n"
    ));
    assert_snapshot!(refused("role: loki\nplatforms: [debian13]\nchecks:\n  - port: { port: \"{{ nothing }}\" }\n"));
}

#[test]
fn a_failure_of_the_input_can_be_expected() {
    let text = |fails: &str| {
        format!(
            "role: loki\nplatforms: debian13\nvars: {{ loki_http_port: many }}\nexpect: {{ fails: {fails}, at: diff }}\n"
        )
    };
    assert!(scenario(&text("loki_http_port")).is_ok());
    assert!(scenario(&text("another reason")).unwrap_err().to_string().contains("loki_http_port"));
}

#[test]
fn two_scenarios_of_one_name() {
    let text = "role: node_exporter\nplatforms: [debian13]\n";
    let other = ("molecule-tests/example/scenario.yaml", text);
    assert_eq!(read(&[other]).unwrap()[0].name, "example");
    assert_snapshot!(refused_with(&[("molecule-tests/example/scenario.yml", text), other]));
}

#[test]
fn platforms_of_the_project() {
    let platforms =
        "debian13: { image: debian13, mounts: [/nowhere:/srv/x, relative] }\nown: { imag: x }\nOwn: { image: x }\n";
    let scenario = ("molecule-tests/example/scenario.yml", "role: node_exporter\nplatforms: [debian13]\n");
    assert_snapshot!(refused_with(&[("molecule-tests/platforms.yml", platforms), scenario]));
    let both = "debian13: { image: debian12, vars: { node_exporter_http_port: 1 } }\n";
    let found = read(&[("molecule-tests/platforms.yml", both), scenario]).unwrap().remove(0);
    assert_eq!(found.platforms[0].origin, Origin::Image(Image::Suite("bookworm")));
}

#[test]
fn platforms_whose_image_is_built() {
    let scenario = ("molecule-tests/example/scenario.yml", "role: node_exporter\nplatforms: [own, other]\n");
    let platforms = "own: { build: images, args: { A: x, B: 2 } }\nother: { build: images/other.containerfile }\n";
    let [file, other] =
        ["images/Dockerfile", "images/other.containerfile"].map(|path| format!("molecule-tests/{path}"));
    let files = [(file.as_str(), "FROM localhost/solti/debian13\n"), (other.as_str(), "FROM scratch\n"), scenario];
    let folder = project(&[files.as_slice(), &[("molecule-tests/platforms.yml", platforms)]].concat());
    let found = Collection::open(folder.path().to_owned()).unwrap().read(&[]).unwrap().remove(0);
    let [Origin::Image(Image::Built(own)), Origin::Image(Image::Built(other))] =
        [0, 1].map(|at| found.platforms[at].origin.clone())
    else {
        panic!("{found:?}")
    };
    assert_eq!((own.file.as_str(), other.file.as_str()), ("Dockerfile", "other.containerfile"));
    assert_eq!(own.folder, other.folder);
    assert_eq!((own.arguments.clone(), other.arguments.is_empty()), (vec!["A=x".to_owned(), "B=2".to_owned()], true));
    assert!(own.has_built_in_base() && !other.has_built_in_base());

    let wrong = "a: { build: nowhere }\nb: { build: ., image: x }\nc: { args: { A: x } }\nd: { build: ., args: [x] }\n";
    assert_snapshot!(refused_with(&[("molecule-tests/platforms.yml", wrong), scenario]));
}

#[test]
fn hosts_that_are_there_already() {
    let inventory = ("lab.yml", "all:\n  hosts: { mon: { ansible_host: 192.0.2.7 }, app: }\n");
    let platforms = |text| ("molecule-tests/platforms.yml", text);
    let scenario = |text| ("molecule-tests/example/scenario.yml", text);
    let lab = platforms("lab: { inventory: ../lab.yml, disposable: true }\n");
    let found = read(&[inventory, lab, scenario("role: node_exporter\nplatforms: lab\nhosts: { mon: }\n")]).unwrap();
    assert!(found[0].platforms[0].existing().unwrap().disposable);
    assert_snapshot!(refused_with(&[inventory, lab, scenario("role: node_exporter\nplatforms: lab\n")]));
    assert_snapshot!(refused_with(&[
        inventory,
        lab,
        scenario("role: node_exporter\nplatforms: debian13\nhosts: { mon: { platform: lab } }\n")
    ]));
    assert_snapshot!(refused_with(&[
        inventory,
        lab,
        scenario("role: node_exporter\nplatforms: lab\nhosts: { mno: { platform: debian12 } }\n")
    ]));
    assert_snapshot!(refused_with(&[
        platforms("lab: { inventory: ../lab.yml, image: debian13, mounts: [] }\nown: { disposable: true, image: x }\n"),
        scenario("role: node_exporter\nplatforms: lab\n")
    ]));
}

#[test]
fn a_matrix_is_taken_apart() {
    let text = "\
role: loki
platforms: [debian13, debian12]
vars: { loki_http_port: many }
matrix:
  loki_rootless: [true, false]
  loki_http_port: { usual: 3100, other: 3200 }
exclude:
  - { platform: debian12, loki_rootless: false }
  - { loki_rootless: false, loki_http_port: other }
";
    let found = scenario(text).unwrap();
    let shown: Vec<String> = found
        .variants()
        .iter()
        .flat_map(|scenario| scenario.platforms.iter().map(|platform| Cell::of(scenario, platform).to_string()))
        .collect();
    assert_eq!(
        shown,
        [
            "example on debian13, loki_rootless=true, loki_http_port=usual",
            "example on debian12, loki_rootless=true, loki_http_port=usual",
            "example on debian13, loki_rootless=true, loki_http_port=other",
            "example on debian12, loki_rootless=true, loki_http_port=other",
            "example on debian13, loki_rootless=false, loki_http_port=usual",
        ]
    );
    assert_eq!(
        found.matrix.summary().collect::<Vec<_>>(),
        ["loki_rootless: true, false", "loki_http_port: usual, other"]
    );
    // without a matrix there is one, of all platforms
    let plain = scenario("role: loki\nplatforms: [debian13, debian12]\n").unwrap().variants();
    assert_eq!((plain.len(), plain[0].platforms.len(), plain[0].variant.to_string().as_str()), (1, 2, ""));
}

#[test]
fn matrices_that_are_none() {
    assert_snapshot!(refused(
        "role: loki\nplatforms: [debian13]\nmatrix:\n  platform: [a]\n  a: 1\n  b: []\n  c: [1, 1]\n  d: [[1], { x: y }]\n"
    ));
    assert_snapshot!(refused(
        "role: loki\nplatforms: [debian13]\nmatrix: { loki_http_port: [1, 2] }\nexclude:\n  - { platform: debian12 }\n  - { loki_htp_port: 1 }\n  - { loki_http_port: 3 }\n  - {}\n"
    ));
    assert_snapshot!(refused("role: loki\nplatforms: [debian13]\nexclude: [{ platform: debian13 }]\n"));
    assert_snapshot!(refused(
        "role: loki\nplatforms: [debian13]\nmatrix: { loki_http_port: [1] }\nexclude: [{ platform: debian13 }]\n"
    ));
    // each is checked as if it were alone
    assert_snapshot!(refused("role: loki\nplatforms: [debian13]\nmatrix: { loki_http_port: [3100, many] }\n"));
}

#[test]
fn names_that_are_not_there() {
    let folder = project(&[("molecule-tests/loki/scenario.yml", "role: loki\nplatforms: debian13\n")]);
    let collection = Collection::open(folder.path().to_owned()).unwrap();
    assert_snapshot!(collection.read(&["lki".to_owned()]).unwrap_err(), @r"
    error: unknown scenario `lki`
    help: did you mean `loki`?
    ");
    assert_eq!(collection.read(&["loki".to_owned(), "loki".to_owned()]).unwrap().len(), 1);
    let none = Collection::open(project(&[]).path().to_owned()).unwrap();
    assert!(none.read(&[]).unwrap_err().to_string().contains("there are no scenarios"));
}
