//! Reading playbooks.

use super::*;
use insta::assert_snapshot;
use std::fs;

const ROLE: &str = "summary: x\noptions:\n  loki_port: { type: port, default: 1 }\n  loki_name: { type: string }\nsteps:\n  - name: s\n    checks: []\n";

/// What a playbook beside a role `loki` and the files given comes to; errors name the project PROJECT.
fn load_with(playbook: &str, files: &[(&str, &str)]) -> Result<Playbook, String> {
    let folder = tempfile::tempdir().unwrap();
    let own = [("playbooks/site.yml", playbook), ("roles/loki/role.yml", ROLE)];
    for (path, text) in own.iter().chain(files) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let library = RoleLibrary::new(Some(folder.path().to_owned()));
    let loaded = load(&folder.path().join("playbooks/site.yml"), &library);
    let shown = |errors: Diagnostics| errors.to_string().replace(&folder.path().display().to_string(), "PROJECT");
    // the built-in roles are listed too, and become more
    let constant =
        |text: String| text.lines().filter(|line| !line.contains("help: roles:")).collect::<Vec<_>>().join("\n");
    loaded.map_err(|errors| constant(shown(errors)))
}

fn errors(playbook: &str) -> String {
    load_with(playbook, &[]).map(|_| ()).unwrap_err()
}

#[test]
fn a_playbook() {
    let text = r#"
- name: Collectors
  hosts: clients:!retired
  become: yes
  gather_facts: false
  vars: { level: info, path: /a }
  vars_files: [vars.yml]
  tags: base
  roles:
    - loki
    - { role: ns.coll.loki, name: second, tags: [logs], loki_port: 5, vars: { loki_name: x } }
    - { role: loki, name: third, state: absent, purge: [data], when: level == 'info' }
  resources:
    - directory: { path: /backup, mode: "0750" }
- import_playbook: more.yml
- hosts: [a, "{{ target }}"]
"#;
    let files = [("playbooks/vars.yml", "path: /b\n"), ("playbooks/more.yml", "- { hosts: x, become_user: me }\n")];
    let playbook = load_with(text, &files).unwrap();
    let [first, second, third] = playbook.plays.as_slice() else { panic!("three plays") };
    let uses: Vec<String> = first
        .roles
        .iter()
        .map(|role| {
            let vars: Vec<&str> = role.vars.iter().map(|entry| entry.key.as_str()).collect();
            format!("{} {} {vars:?} {:?} {:?} {:?}", role.role.name, role.instance, role.tags, role.state, role.purge)
        })
        .collect();
    assert_snapshot!(uses.join("\n"), @r#"
    loki loki [] [] Present []
    loki second ["loki_port", "loki_name"] ["logs"] Present []
    loki third [] [] Absent ["data"]
    "#);
    let vars: Vec<String> = first.vars.iter().map(|entry| format!("{}={}", entry.key, entry.value.to_json())).collect();
    assert_eq!(vars.join(" "), "level=\"info\" path=\"/a\" path=\"/b\"");
    assert_eq!(
        (first.become_, first.tags.as_slice(), first.resources.len()),
        (Some(true), &["base".to_owned()][..], 1)
    );
    assert_eq!(second.become_user.as_ref().and_then(|user| user.as_str()), Some("me"));
    assert_eq!(third.hosts.len(), 2);
    assert_snapshot!(playbook.notes.iter().map(|note| note.message.clone()).collect::<Vec<_>>().join("\n"), @"`gather_facts` has no effect");
}

#[test]
fn everything_that_is_wrong_in_a_play() {
    assert_snapshot!(errors(
        "- name: x\n  hostss: all\n  tasks: []\n  serial: 2\n  become: maybe\n  become_method: su\n  vars: [a]\n  vars_files: [none.yml]\n  resources:\n    - fle: { path: a }\n- just text\n"
    ), @"
    error: a play needs `hosts`
     --> PROJECT/playbooks/site.yml:1:3
      |
    1 | - name: x
      |   ^^^^^^^

    error: unknown key `hostss` in a play
     --> PROJECT/playbooks/site.yml:2:3
      |
    2 |   hostss: all
      |   ^^^^^^
      |
      = help: did you mean `hosts`?

    error: `tasks` is not for a play
     --> PROJECT/playbooks/site.yml:3:3
      |
    3 |   tasks: []
      |   ^^^^^
      |
      = help: write `resources:`, or a role; imperative tasks do not exist

    error: `serial` on a play is not built yet
     --> PROJECT/playbooks/site.yml:4:3
      |
    4 |   serial: 2
      |   ^^^^^^

    error: expected true or false, found text
     --> PROJECT/playbooks/site.yml:5:11
      |
    5 |   become: maybe
      |           ^^^^^

    error: becoming a user with `su` is not built yet
     --> PROJECT/playbooks/site.yml:6:18
      |
    6 |   become_method: su
      |                  ^^
      |
      = help: leave it out: `sudo` is used

    error: expected a mapping, found a list
     --> PROJECT/playbooks/site.yml:7:9
      |
    7 |   vars: [a]
      |         ^^^

    error: cannot read the variables file PROJECT/playbooks/none.yml: no such file
     --> PROJECT/playbooks/site.yml:8:16
      |
    8 |   vars_files: [none.yml]
      |                ^^^^^^^^

    error: unknown kind of resource `fle`
      --> PROJECT/playbooks/site.yml:10:7
       |
    10 |     - fle: { path: a }
       |       ^^^
       |
       = help: did you mean `file`?

    error: a play must be a mapping, not text
      --> PROJECT/playbooks/site.yml:11:3
       |
    11 | - just text
       |   ^^^^^^^^^
    ");
}

#[test]
fn everything_that_is_wrong_in_roles() {
    assert_snapshot!(errors(
        r#"
- hosts: all
  roles:
    - lokki
    - { role: lokki, delegate_to: x }
    - { role: loki, loki_prt: 1, vars: { lok_name: x, loki_port: 1 }, tgs: [a], purge: [data] }
    - { role: loki, loki_port: 1, vars: { loki_port: 2 }, state: gone }
    - loki
    - loki
    - "{{ x }}"
    - [a]
    - { role: loki, name: again, run_once: true }
"#
    ), @r#"
    error: unknown role `lokki`
     --> PROJECT/playbooks/site.yml:4:7
      |
    4 |     - lokki
      |       ^^^^^
      |
      = help: did you mean `loki`?
      = help: looked in PROJECT/roles and among those built in; the project is PROJECT, because of its folder playbooks

    error: `delegate_to` is not for a role
     --> PROJECT/playbooks/site.yml:5:22
      |
    5 |     - { role: lokki, delegate_to: x }
      |                      ^^^^^^^^^^^
      |
      = help: write a play for that host

    error: role `loki` has no option `loki_prt`
     --> PROJECT/playbooks/site.yml:6:21
      |
    6 |     - { role: loki, loki_prt: 1, vars: { lok_name: x, loki_port: 1 }, tgs: [a], purge: [data] }
      |                     ^^^^^^^^
      |
      = help: did you mean `loki_port`?

    error: role `loki` has no option `lok_name`
     --> PROJECT/playbooks/site.yml:6:42
      |
    6 |     - { role: loki, loki_prt: 1, vars: { lok_name: x, loki_port: 1 }, tgs: [a], purge: [data] }
      |                                          ^^^^^^^^
      |
      = help: did you mean `loki_name`?

    error: unknown key `tgs` in a role
     --> PROJECT/playbooks/site.yml:6:71
      |
    6 |     - { role: loki, loki_prt: 1, vars: { lok_name: x, loki_port: 1 }, tgs: [a], purge: [data] }
      |                                                                       ^^^
      |
      = help: did you mean `tags`?

    error: `purge` is for a role that is removed
     --> PROJECT/playbooks/site.yml:6:81
      |
    6 |     - { role: loki, loki_prt: 1, vars: { lok_name: x, loki_port: 1 }, tgs: [a], purge: [data] }
      |                                                                                 ^^^^^
      |
      = help: add `state: absent`

    error: option `loki_port` is given twice
     --> PROJECT/playbooks/site.yml:7:43
      |
    7 |     - { role: loki, loki_port: 1, vars: { loki_port: 2 }, state: gone }
      |                     --------- first here  ^^^^^^^^^

    error: expected `present` or `absent`, found `gone`
     --> PROJECT/playbooks/site.yml:7:66
      |
    7 |     - { role: loki, loki_port: 1, vars: { loki_port: 2 }, state: gone }
      |                                                                  ^^^^

    error: role `loki` is used twice
     --> PROJECT/playbooks/site.yml:9:7
      |
    8 |     - loki
      |       ---- first here
    9 |     - loki
      |       ^^^^
      |
      = help: give one of them a `name`, which tells what belongs to which

    error: the name of a role cannot be a template
      --> PROJECT/playbooks/site.yml:10:7
       |
    10 |     - "{{ x }}"
       |       ^^^^^^^^^
       |
       = help: use `when` to choose between roles

    error: a role is a name or a mapping, not a list
      --> PROJECT/playbooks/site.yml:11:7
       |
    11 |     - [a]
       |       ^^^
       |
       = help: write `- loki`, or `- { role: loki, … }`

    error: `run_once` is not for a role
      --> PROJECT/playbooks/site.yml:12:34
       |
    12 |     - { role: loki, name: again, run_once: true }
       |                                  ^^^^^^^^
       |
       = help: write a play for that one host
    "#);
}

#[test]
fn other_errors() {
    assert_snapshot!(errors("hosts: all\n"), @"
    error: a playbook is a list of plays, not a mapping
     --> PROJECT/playbooks/site.yml:1:1
      |
    1 | hosts: all
      | ^^^^^^^^^^
      |
      = help: begin it with `- hosts: …`
    ");
    assert_snapshot!(errors("- import_playbook: site.yml\n"), @"
    error: PROJECT/playbooks/site.yml imports itself
     --> PROJECT/playbooks/site.yml:1:20
      |
    1 | - import_playbook: site.yml
      |                    ^^^^^^^^
    ");
    assert_snapshot!(errors("- import_playbook: none.yml\n  when: x\n"), @"
    error: cannot read the playbook PROJECT/playbooks/none.yml: no such file
     --> PROJECT/playbooks/site.yml:1:20
      |
    1 | - import_playbook: none.yml
      |                    ^^^^^^^^

    error: `when` on `import_playbook` is not built yet
     --> PROJECT/playbooks/site.yml:2:3
      |
    2 |   when: x
      |   ^^^^
    ");
}

#[test]
fn keywords_are_told_once() {
    for table in [PLAY_KEYWORDS, ROLE_KEYWORDS] {
        let mut names: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
