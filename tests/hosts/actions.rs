//! `solti run`: what one does to a running service by hand.

use crate::both::Both;
use std::time::Instant;

const ROLE: &str = r#"
summary: something that can be told something
options:
  app_word: { type: string, default: "it's $HOME" }
  app_token: { type: secret, generated: true }
steps:
  - name: run
    resources:
      - file: { path: /etc/app, content: "{{ app_token }}\n" }
actions:
  words: { command: [printf, '%s|', "{{ app_word }}", "{{ ansible_distribution }}", "$x"], help: says it }
  env:
    command: 'echo "$WORD in $PWD"; id -un; cat; echo and more >&2'
    environment: { WORD: "{{ app_word }}" }
    chdir: /opt
    stdin: "{{ app_token }}\n"
    become_user: games
  token: { command: [cat, /etc/app] }
  long: { command: 'seq 300000' }
  half: { command: '[ $(hostname) = old ] || { echo not here; exit 7; }' }
  slow: { command: 'echo begins; sleep 60', within: 1s }
  stopped: { command: 'kill -STOP $$', become_user: games, within: 1s }
  behind: { command: 'sleep 60 & echo gone on', within: 2s }
  shown: { command: [echo, "{{ app_token }}"] }
"#;

#[test]
fn actions_are_carried_out_where_their_role_is() {
    let both = Both::up();
    both.project.file("roles/app/role.yml", ROLE);
    both.playbook("- hosts: all\n  roles: [app]\n");
    both.project.file("host_vars/old.yml", "ansible_become: true\n");
    let run = |action: &[&str]| both.solti(&[&["run", "app"], action].concat());

    // what is kept on the hosts is not made by an action
    run(&["env"]).assert_status(1).assert_stdout_has("it needs the secret app_token of");
    both.apply();
    let made = both.hosts.iter().map(|host| host.read_file("/etc/app")).collect::<Vec<_>>();
    both.each(|host| drop(host.read("touch /run/mark")));

    let said = run(&["words"]).assert_status(0);
    said.assert_stdout_has("app/words is done on 2 hosts")
        .assert_stdout_has("\nnew, old (2 hosts)\n  it's $HOME|Debian|$x|\n");
    let said = run(&["env", "-l", "new"]).assert_status(0);
    said.assert_stdout_has("app/env is done on new")
        .assert_stdout_has("\nnew\n  it's $HOME in /opt\n  games\n  ********\n  and more\n");
    let said = run(&["token"]).assert_status(0);
    assert!(made.iter().all(|token| !said.stdout.contains(token.trim())), "{said}");
    // all of it, where it is not too long, else the end
    let said = run(&["long", "-l", "new", "-o", "json"]).assert_status(0);
    let document: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let result = &document["hosts"]["new"]["actions"][0];
    let output = result["output"].as_str().unwrap();
    assert!(output.len() > 1_000_000 && output.ends_with("299999\n300000\n"), "{}", output.len());
    assert_eq!((result["action"].as_str(), result["status"].as_i64()), (Some("app/long"), Some(0)));
    assert_eq!(document["hosts"]["new"]["outcome"], "acted");

    let said = run(&["half"]).assert_status(1);
    said.assert_stdout_has("app/half failed on 1 of 2 hosts")
        .assert_stdout_has("\nnew\n  failed app/half: exit status 7\n  not here\n");
    for (action, words) in [("slow", "\n  begins\n"), ("stopped", "did not come to an end in time"), ("behind", "")] {
        let begun = Instant::now();
        let said = run(&[action]);
        assert!(begun.elapsed().as_secs() < 40, "{action}: {said}");
        assert!(said.stdout.contains(words), "{action}: {said}");
        assert_eq!(said.status, 1, "{action}: {said}");
    }
    both.each(|host| drop(host.read("pkill -KILL -x sleep; true")));
    // refused before any host is asked
    let said = run(&["shown"]).assert_status(3);
    said.assert_stderr_has("app/shown has a secret in its arguments or environment");

    // nothing was written, and nobody was locked out
    let written = "find /etc /var/lib/solti /opt -newer /run/mark; true";
    both.each(|host| assert_eq!(host.read(written), "", "on {}", host.name()));
    both.playbook("- hosts: all\n  roles: [{ role: app, when: inventory_hostname == 'old' }]\n");
    run(&["words"]).assert_status(0).assert_stdout_has("app/words is done on old");
    run(&["words", "-l", "new"]).assert_status(3).assert_stderr_has("no host of this run has the role app");
}
