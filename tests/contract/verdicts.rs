//! What the real Loki, Telegraf and Alloy said of what their roles render: facts, against which whoever is asked is held.

use crate::program::{command, end_of, is_real};
use crate::support::Project;
use std::fmt::Write as _;

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

/// Renders from the options of each fact, asks the program as the role's validator does, and compares.
#[track_caller]
pub fn held_against(program: &str, facts: &str, words: impl Fn(&str) -> Vec<String>) {
    let mut wrong = String::new();
    for fact in facts.lines().filter(|line| !line.starts_with('#')) {
        let (said, options) = fact.split_once(' ').unwrap();
        let project = Project::without_hosts();
        project.file("inventory.yml", INVENTORY).file("playbooks/site.yml", PLAY).file("options.json", options);
        let rendered = project.solti(&["render", "inventory.yml", "web", program, "-e", "@options.json"]);
        let verdict = said.trim_end_matches('?');
        // what the stand-in does not know, the real program does
        let said = if is_real() { verdict } else { said };
        let found = if rendered.status == 3 {
            if said.ends_with('!') { said.to_owned() } else { "refuses".to_owned() }
        } else {
            written(&project, &rendered.assert_status(0).stdout);
            let words = words(&project.root().display().to_string());
            let asked = command(program, project.root(), &[("INFLUXDB_TOKEN_0", "write")]);
            match end_of(asked, &words.iter().map(String::as_str).collect::<Vec<_>>()).status {
                0 => "accepts".to_owned(),
                3 if !is_real() => format!("{verdict}?"),
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
