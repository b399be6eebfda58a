//! What the real Loki, Telegraf and Alloy said of what their roles render: facts, against which the stand-ins are held.

use crate::support::Project;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

const PLAY: &str = "- hosts: web\n  become: true\n  roles: [loki, telegraf, alloy]\n";
const INVENTORY: &str = "all:
  hosts: { web: { ansible_host: 192.0.2.10 }, mon: { ansible_host: 192.0.2.11 } }
  children: { loki: { hosts: { mon: } }, influxdb: { hosts: { mon: } } }
  vars:
    loki_repository_uris: ''
    telegraf_repository_uris: ''
    alloy_repository_uris: ''
    telegraf_influxdb_token: of-the-writer
    telegraf_influxdb_read_token: of-the-reader
";

#[test]
fn loki_takes_and_refuses_what_the_real_one_does() {
    held_against("loki", include_str!("verdicts/loki.txt"), |folder| {
        vec!["-verify-config".to_owned(), format!("-config.file={folder}/etc/loki/config.yml")]
    });
}

#[test]
fn telegraf_takes_and_refuses_what_the_real_one_does() {
    held_against("telegraf", include_str!("verdicts/telegraf.txt"), |folder| {
        let (file, more) =
            (format!("{folder}/etc/telegraf/telegraf.conf"), format!("{folder}/etc/telegraf/telegraf.d"));
        let words = ["config", "check", "--strict-env-handling", "--config", &file, "--config-directory", &more];
        words.map(str::to_owned).to_vec()
    });
}

#[test]
fn alloy_takes_and_refuses_what_the_real_one_does() {
    held_against("alloy", include_str!("verdicts/alloy.txt"), |folder| {
        let stability = "--stability.level=generally-available";
        vec!["validate".to_owned(), stability.to_owned(), format!("{folder}/etc/alloy/config.alloy")]
    });
}

/// Renders from the options of each fact, asks the stand-in as the role's validator does, and compares.
fn held_against(program: &str, facts: &str, words: impl Fn(&str) -> Vec<String>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let built = Command::new(root.join("testbed/standins/build.sh")).status().unwrap();
    assert!(built.success());
    let mut wrong = String::new();
    for fact in facts.lines().filter(|line| !line.starts_with('#')) {
        let (said, options) = fact.split_once(' ').unwrap();
        let project = Project::without_hosts();
        project.file("inventory.yml", INVENTORY).file("playbooks/site.yml", PLAY).file("options.json", options);
        let rendered = project.solti(&["render", "inventory.yml", "web", program, "-e", "@options.json"]);
        let found = if rendered.status == 3 {
            if said.ends_with('!') { said.to_owned() } else { "refuses".to_owned() }
        } else {
            written(&project, &rendered.assert_status(0).stdout);
            let folder = project.root().display().to_string();
            let mut asked = Command::new(root.join("target/standins/solti-standins"));
            asked.arg(program).args(words(&folder)).env("INFLUXDB_TOKEN_0", "write");
            match (asked.output().unwrap().status.code(), said.trim_end_matches('?')) {
                (Some(0), _) => "accepts".to_owned(),
                (Some(3), said) => format!("{said}?"),
                _ => "refuses".to_owned(),
            }
        };
        if found != said {
            writeln!(wrong, "{found}, not {said}: {options}").unwrap();
        }
    }
    assert_eq!(wrong, "");
}

/// Writes what was rendered below the project, as the host would have it.
fn written(project: &Project, rendered: &str) {
    for part in rendered.split("==> ").filter(|part| part.starts_with("/etc/")) {
        let (path, text) = part.split_once(" <==\n").unwrap();
        // what is hidden there is a reference
        let text = text.lines().map(|line| match line.split_once(" = **") {
            Some((name, _)) => format!("{name} = local.file.loki_0.content\n"),
            None => format!("{line}\n"),
        });
        project.file(path.trim_start_matches('/'), &text.collect::<String>());
    }
}
