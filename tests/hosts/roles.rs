//! Roles on hosts: what leaves them, what they share, and how they are removed.

use crate::both::Both;

/// A role with all that a role can leave on a host, a required option, and data.
const ROLE: &str = r#"
summary: A demonstration
options:
  demo_secret: { type: secret, required: true }
  demo_word: { type: string, default: hello }
  demo_extra: { type: boolean, default: true }
steps:
  - name: base
    resources:
      - package: { name: hello }
      - group: { name: demo }
      - user: { name: demo, group: demo, system: true }
      - directory: { path: /var/lib/demo, owner: demo, purge: data }
      - directory: { path: /etc/demo }
      - directory: { path: /etc/demo/conf.d }
  - name: config
    resources:
      - template: { src: main.j2, dest: /etc/demo/main.conf, mode: "0600" }
      - file: { path: /etc/demo/conf.d/extra.conf, content: "extra\n", when: demo_extra, tags: [extra] }
      - file: { path: /etc/demo/there, content: "{{ demo_word }}\n" }
      - symlink: { path: /etc/demo/link, src: main.conf }
  - name: run
    resources:
      - unit: { name: demo.service, template: demo.service.j2 }
      - service: { name: demo, enabled: true, uses: [/etc/demo], settle: 200ms }
"#;

const UNIT: &str = "[Unit]\nDescription={{ demo_word }}\n[Service]\nUser=demo\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n";

fn demo() -> Both {
    let both = Both::up();
    both.project.file("roles/demo/role.yml", ROLE);
    both.project.file("roles/demo/templates/main.j2", "{{ demo_word }} {{ demo_secret }}\n");
    both.project.file("roles/demo/templates/demo.service.j2", UNIT);
    both.project.file("group_vars/all.yml", "demo_secret: hush-hush\n");
    both.each(|host| host.write_file("/etc/demo/there", "before solti\n"));
    both
}

const PLAY: &str = "- name: demo\n  hosts: all\n  roles:\n";

#[test]
fn what_a_role_stops_declaring_goes() {
    let both = demo();
    let role = |text: &str| {
        both.project.file("roles/demo/role.yml", text);
    };
    both.playbook(&format!("{PLAY}    - demo\n"));
    both.solti(&["apply", "-y"]).assert_status(0).assert_lacks("hush-hush");
    both.unchanged();
    assert_eq!(both.read("cat /etc/demo/main.conf /etc/demo/there"), "hello hush-hush\nhello");

    // With tags nothing is pruned, whatever they select.
    both.project.file("group_vars/all.yml", "demo_secret: hush-hush\ndemo_extra: false\n");
    both.solti(&["apply", "-y", "-t", "extra"]).assert_status(0);
    for tags in [["-t", "all"], ["--skip-tags", "extra"]] {
        both.solti(&[&["apply", "-y"][..], &tags].concat()).assert_status(0).assert_stdout_has("No changes");
    }
    assert_eq!(both.read("ls /etc/demo/conf.d"), "extra.conf");
    // Without, what is false is as if it were not written. The service starts without it.
    insta::assert_snapshot!(both.diff(), @r"
    4 changes on 2 hosts

    new, old (2 hosts)
      demo/no longer declared
        - config/file /etc/demo/conf.d/extra.conf (/etc/demo/conf.d/extra.conf)
      demo/run
        ~ service demo: restart (because of /etc/demo/conf.d/extra.conf)
    ");
    both.apply();
    assert_eq!(both.read("ls /etc/demo/conf.d"), "");

    // Another label, another step, another order: the same things, untouched.
    let marks = "stat -c '%n %i %Y' /etc/demo/* /etc/systemd/system/demo.service; systemctl show -p InvocationID demo";
    let before: Vec<_> = both.hosts.iter().map(|host| host.read(marks)).collect();
    let renamed = ROLE.replace("name: config", "name: settings").replace("name: run", "name: running");
    role(&renamed.replace("- template: { src", "- template: { name: the settings, src"));
    both.unchanged();
    both.solti(&["apply", "-y"]).assert_status(0);
    let after: Vec<_> = both.hosts.iter().map(|host| host.read(marks)).collect();
    assert_eq!(before, after);

    // A path that changes: the old one goes, the new one comes.
    role(&ROLE.replace("dest: /etc/demo/main.conf,", "dest: /etc/demo/other.conf, name: the settings,"));
    both.apply();
    role(&ROLE.replace("dest: /etc/demo/main.conf,", "dest: /etc/demo/third.conf, name: the settings,"));
    both.apply();
    assert_eq!(both.read("ls /etc/demo"), "conf.d\nlink\nthere\nthird.conf");

    // What was there before solti comes back; a folder goes once it is empty; packages and users stay.
    let steps = ROLE.find("steps:").unwrap();
    role(&format!(
        "{}steps:\n  - name: base\n    resources:\n      - directory: {{ path: /opt/rest }}\n",
        &ROLE[..steps]
    ));
    both.each(|host| host.write_file("/etc/demo/conf.d/stranger", "x"));
    insta::assert_snapshot!(both.diff(), @r"
    12 changes on 2 hosts

    new, old (2 hosts)
      demo/no longer declared
        - run/service demo: stop
          state    active -> inactive
          at boot  enabled -> disabled
        - config/template the settings (/etc/demo/third.conf)
        - run/unit demo.service (/etc/systemd/system/demo.service)
        - config/symlink /etc/demo/link (/etc/demo/link)
        ~ config/file /etc/demo/there: put back (/etc/demo/there as it was before solti)
      demo/base
        + directory /opt/rest (root:root 0755)
    ");
    both.apply();
    assert_eq!(both.read("find /etc/demo -type f; cat /etc/demo/there; id -un demo; command -v hello; systemctl show -p LoadState --value demo; ls /etc/systemd/system/multi-user.target.wants/demo* 2>/dev/null; true"), "/etc/demo/there\n/etc/demo/conf.d/stranger\nbefore solti\ndemo\n/usr/bin/hello\nnot-found");
}

#[test]
fn a_role_is_removed_backwards_from_what_it_declares() {
    let both = demo();
    both.playbook(&format!("{PLAY}    - demo\n"));
    both.solti(&["apply", "-y"]).assert_status(0);
    both.each(|host| drop(host.read("echo data >/var/lib/demo/data")));
    // No required option is asked for, nothing is rendered that is not a name or a path.
    both.project.file("group_vars/all.yml", "{}\n");
    both.project.file("roles/demo/templates/main.j2", "{{ nobody.has.this }}");
    let output = both.solti(&["diff"]).assert_status(3);
    assert!(output.stderr.contains("role `demo` needs `demo_secret`"), "{output}");
    both.playbook(&format!("{PLAY}    - {{ role: demo, state: absent }}\n"));
    insta::assert_snapshot!(both.diff(), @r"
    20 changes on 2 hosts

    new, old (2 hosts)
      demo/absent
        - run/service demo: stop
          state    active -> inactive
          at boot  enabled -> disabled
        - run/unit demo.service (/etc/systemd/system/demo.service)
        - config/symlink /etc/demo/link (/etc/demo/link)
        ~ config/file /etc/demo/there: put back (/etc/demo/there as it was before solti)
        - config/file /etc/demo/conf.d/extra.conf (/etc/demo/conf.d/extra.conf)
        - config/template /etc/demo/main.conf (/etc/demo/main.conf)
        - base/package hello (package hello; its data stays)
        - base/directory /etc/demo/conf.d (/etc/demo/conf.d)
        - base/user demo (user demo)
        - base/group demo (group demo)
    ");
    both.apply();
    let left = "ls -d /etc/demo /var/lib/demo /etc/systemd/system/demo.service /etc/systemd/system/*/demo.service 2>/dev/null; cat /etc/demo/there; getent passwd demo | cut -d: -f1; getent group demo; command -v hello; true";
    assert_eq!(both.read(left), "/etc/demo\n/var/lib/demo\nbefore solti");
    both.apply_changes_nothing();
    // Data goes when it is named, with all that has gathered in it.
    both.playbook(&format!("{PLAY}    - {{ role: demo, state: absent, purge: data }}\n")).apply();
    assert_eq!(both.read("ls -d /var/lib/demo 2>/dev/null; true"), "");

    // Without the manifest the role's own list is what is known: files and services go, packages and accounts stay.
    both.project.file("group_vars/all.yml", "demo_secret: again\n");
    both.project.file("roles/demo/templates/main.j2", "{{ demo_secret }}\n");
    both.playbook(&format!("{PLAY}    - demo\n"));
    both.apply();
    both.each(|host| drop(host.read("rm -rf /var/lib/solti")));
    both.unchanged();
    both.playbook(&format!("{PLAY}    - {{ role: demo, state: absent }}\n"));
    both.apply();
    assert_eq!(
        both.read("ls -A /etc/demo 2>&1; command -v hello; id -un demo; systemctl show -p LoadState --value demo"),
        "ls: cannot access '/etc/demo': No such file or directory\n/usr/bin/hello\ndemo\nnot-found"
    );
}

#[test]
fn a_role_that_left_the_playbook_is_said_and_pruned_on_request() {
    let both = demo();
    both.playbook(&format!("{PLAY}    - demo\n"));
    both.solti(&["apply", "-y"]).assert_status(0);
    let other = "  resources:\n    - file: { path: /opt/other, content: x }\n";
    both.playbook(&format!("- name: demo\n  hosts: all\n{other}"));
    let note = "role demo is in no play any more";
    both.solti(&["diff"]).assert_status(2).assert_stdout_has(note);
    both.solti(&["apply", "-y"]).assert_status(0).assert_stdout_has(note);
    assert_eq!(both.read("systemctl is-active demo"), "active");
    // Another playbook than the project's own says nothing about roles that it does not have; tags neither.
    both.project.file("playbooks/more.yml", &format!("- name: more\n  hosts: all\n{other}"));
    both.solti(&["apply", "-y", "--prune", "-t", "never"]).assert_status(0);
    assert_eq!(both.read("systemctl is-active demo"), "active");
    // A role whose `when` is false is left alone.
    both.playbook(&format!("{PLAY}    - {{ role: demo, when: false }}\n{}", other));
    both.solti(&["apply", "-y", "--prune"]).assert_status(0).assert_lacks(note);
    assert_eq!(both.read("systemctl is-active demo"), "active");
    // What a playbook of its own put there is that one's business, wherever it stands, as long as it is there.
    both.playbook(&format!("- name: demo\n  hosts: all\n{other}"));
    both.project.file("deploy/own.yml", "- hosts: all\n  resources: [{ file: { path: /opt/own, content: x } }]\n");
    both.solti(&["apply", "-y", "-p", "deploy/own.yml"]).assert_status(0).assert_stdout_has(note);
    let pruned = both.solti(&["diff", "--prune"]).assert_status(2).assert_stdout_has("- run/service demo: stop");
    assert_eq!(both.read("systemctl is-active demo; cat /opt/own"), "active\nx", "{pruned}");
    both.solti(&["apply", "-y", "--prune"]).assert_status(0);
    assert_eq!(both.read("cat /opt/own"), "x");
    std::fs::remove_file(both.project.path("deploy/own.yml")).unwrap();
    both.solti(&["diff"]).assert_status(0).assert_stdout_has("in no play any more");
    both.solti(&["apply", "-y", "--prune"]).assert_status(0);
    assert!(!both.hosts.host("new").has("/opt/own"));
    assert_eq!(
        both.read("systemctl show -p LoadState --value demo; cat /etc/demo/there; id -un demo; ls -d /var/lib/demo"),
        "not-found\nbefore solti\ndemo\n/var/lib/demo"
    );
    both.solti(&["diff"]).assert_status(0);
}

#[test]
fn what_is_left_on_a_host_in_no_play_is_found() {
    let both = demo();
    let old = both.hosts.host("old");
    both.playbook(&format!("{PLAY}    - demo\n"));
    both.solti(&["apply", "-y"]).assert_status(0);
    // The service moves off one of the hosts, for which nothing is declared then.
    let moved = format!("{PLAY}    - demo\n").replace("hosts: all", "hosts: new");
    both.playbook(&moved);
    let note = "role demo is in no play any more";
    let there = "old\n  note: role demo is in no play any more, but";
    both.solti(&["diff"]).assert_status(0).assert_stdout_has(there);
    both.solti(&["diff", "-l", "old"]).assert_status(0).assert_stdout_has(there);
    both.solti(&["diff", "-p", "playbooks/site.yml"]).assert_status(0).assert_stdout_has(there);
    both.solti(&["apply", "-y"]).assert_status(0).assert_stdout_has(there);
    assert_eq!(old.read("systemctl is-active demo"), "active");
    // Who is left out is not asked, nor is anybody by what does not remove anything.
    both.solti(&["diff", "-l", "new"]).assert_status(0).assert_lacks(note);
    both.solti(&["verify"]).assert_status(0).assert_lacks(note);
    both.solti(&["diff", "-t", "extra"]).assert_status(0).assert_lacks(note);
    // What another playbook declares is nobody's leftover, whichever of the two is applied.
    both.project.file("playbooks/more.yml", "- { hosts: old, roles: [demo] }\n");
    both.solti(&["diff"]).assert_status(0).assert_lacks(note);
    both.project.file("playbooks/more.yml", "- { hosts: all, resources: [{ directory: { path: /opt } }] }\n");
    both.solti(&["diff", "-p", "playbooks/more.yml"]).assert_status(0).assert_lacks(note);
    both.playbook("- { hosts: new, resources: [{ directory: { path: /opt } }] }\n");
    both.solti(&["diff", "-p", "playbooks/more.yml"]).assert_status(0).assert_stdout_has(note);
    std::fs::remove_file(both.project.path("playbooks/more.yml")).unwrap();
    both.playbook(&moved);

    // A host in no play that is not there fails nobody; the one that a run is about does.
    both.project.file("dead.yml", "all: { hosts: { dead: { ansible_host: 127.0.0.1, ansible_port: 1 } } }\n");
    let output = both.solti(&["diff", "-i", "dead.yml"]).assert_status(0).assert_stdout_has(there);
    output.assert_stdout_has("note: dead is in no play, and could not be asked what is left there: ");
    both.solti(&["diff", "-i", "dead.yml", "-l", "dead"]).assert_status(4);
    // Another run is at work on it: that is no concern of the hosts in plays.
    old.exec("(flock 9; sleep 600) 9>>/run/solti/lock >/dev/null 2>&1 & echo $! >/run/holder; sleep 0.2")
        .assert_status(0);
    both.solti(&["apply", "-y", "--prune"])
        .assert_status(0)
        .assert_stdout_has("note: old is in no play, and could not");
    old.read("pkill -P $(cat /run/holder); kill $(cat /run/holder); sleep 0.2; rm -f /run/holder");

    // It goes, once that is asked for; on the other host all stays.
    both.solti(&["apply", "-y", "--prune"])
        .assert_status(0)
        .assert_lacks(note)
        .assert_stdout_has("made on 1 of 2 hosts");
    assert_eq!(
        old.read("systemctl show -p LoadState --value demo; cat /etc/demo/there; ls -d /var/lib/demo"),
        "not-found\nbefore solti\n/var/lib/demo"
    );
    assert_eq!(both.hosts.host("new").read("systemctl is-active demo"), "active");
    // Its data is still known there. Without that there is nothing that a run about this host alone would be for.
    old.read("rm -rf /var/lib/solti");
    both.solti(&["diff"]).assert_status(0).assert_stdout_has("No changes: new is as declared").assert_lacks("old");
    both.solti(&["diff", "-l", "old"])
        .assert_status(3)
        .assert_stderr_has("nothing of this project is left there either");
}

/// Another checkout, another team, a name for the project: whose things are.
#[test]
fn a_project_is_known_by_its_name_and_not_by_its_folder() {
    let both = Both::up();
    let play = |files: &[&str]| {
        let files: Vec<String> =
            files.iter().map(|name| format!("    - file: {{ path: /opt/{name}, content: x }}\n")).collect();
        format!("- hosts: all\n  resources:\n{}", files.concat())
    };
    // Two teams call the folder the same, on one machine or on two.
    let team = |folder: &str, files: &[&str]| {
        both.project.file(&format!("{folder}/playbooks/site.yml"), &play(files));
        both.project.file(&format!("{folder}/inventory.yml"), &both.hosts.inventory());
    };
    let solti = |folder: &str, arguments: &[&str]| {
        let inventory = format!("{folder}/inventory.yml");
        both.project.solti(&[&[arguments[0], inventory.as_str()], &arguments[1..]].concat())
    };
    let ls = || both.read("ls /opt");
    team("a/ansible", &["one", "two"]);
    team("b/ansible", &["three"]);
    solti("a/ansible", &["apply", "-y"]).assert_status(0);
    solti("b/ansible", &["apply", "-y"]).assert_status(0);
    assert_eq!(ls(), "one\nthree\ntwo");
    solti("a/ansible", &["diff"]).assert_status(0).assert_lacks("note");
    solti("b/ansible", &["apply", "-y", "--prune"]).assert_status(0);
    assert_eq!(ls(), "one\nthree\ntwo");
    // What the host has by the folder's name alone, from an earlier version, is taken over as it is.
    both.each(|host| {
        host.read(
            "cd /var/lib/solti; place=$(grep -o 'ansible@[0-9a-f]*' manifest.json | head -n 1); sed -i \
             \"s#$place\\\",\\\"playbook\\\":\\\"playbooks/site.yml\\\",\\\"role\\\":\\\"resources of the play for all in playbooks/site.yml#\
             ansible\\\",\\\"role\\\":\\\"resources of a/ansible/playbooks/site.yml:1:3#g\" manifest.json; \
             [ $(grep -o site.yml:1:3 manifest.json | wc -l) = 2 ]",
        );
    });
    solti("a/ansible", &["diff"]).assert_status(0).assert_stdout_has("No changes: 2 hosts are as declared");
    // It goes when it is declared no longer, whatever has come to stand above its play.
    let text = |file: &str| {
        let other = "- hosts: new\n  resources: [directory: { path: /srv/x }]\n";
        format!("# the first play\n{other}{}", play(&[file]))
    };
    let site = |folder: &str, file: &str| {
        both.project.file(&format!("{folder}/playbooks/site.yml"), &text(file));
    };
    site("a/ansible", "one");
    solti("a/ansible", &["apply", "-y"]).assert_status(0);
    assert_eq!(ls(), "one\nthree");
    // Once the project has a name, any folder will do, and what was there is still its own.
    both.project.file("a/ansible/solti.toml", "project = \"lab\"\n");
    solti("a/ansible", &["diff"]).assert_status(0).assert_stdout_has("No changes");
    site("a/ansible", "four");
    solti("a/ansible", &["apply", "-y"]).assert_status(0);
    std::fs::create_dir(both.project.path("c")).unwrap();
    std::fs::rename(both.project.path("a/ansible"), both.project.path("c/checkout-4711")).unwrap();
    solti("c/checkout-4711", &["diff"]).assert_status(0).assert_stdout_has("No changes").assert_lacks("note");
    site("c/checkout-4711", "five");
    solti("c/checkout-4711", &["apply", "-y"]).assert_status(0);
    assert_eq!(ls(), "five\nthree");
}

#[test]
fn what_the_host_knows_is_used_with_care() {
    let both = demo();
    // Two owners of one path, from two roles: an error that shows both, and nobody is contacted.
    both.project.file("roles/second/role.yml", "summary: Another\nsteps:\n  - name: config\n    resources:\n      - config:\n          dir: /etc/demo\n          files: [{ content: x, dest: there }]\n");
    both.playbook(&format!("{PLAY}    - demo\n    - second\n"));
    let output = both.solti(&["apply", "-y"]).assert_status(3);
    insta::assert_snapshot!(output.stderr, @r#"
    error: the file /etc/demo/there is declared twice for one host
      --> roles/second/role.yml:5:9
       |
     5 |       - config:
       |         ^^^^^^ by second/config/config:/etc/demo
       |
      ::: roles/demo/role.yml:20:9
       |
    20 |       - file: { path: /etc/demo/there, content: "{{ demo_word }}\n" }
       |         ---- and by demo/config/file:/etc/demo/there
    "#);
    assert!(!both.hosts.host("new").has("/var/lib/solti"));

    // The manifest is lost: the next run looks closer, and finds all as declared.
    both.playbook(&format!("{PLAY}    - demo\n"));
    both.apply();
    both.each(|host| drop(host.read("rm -rf /var/lib/solti")));
    both.unchanged();
    both.apply_changes_nothing();
    both.solti(&["apply", "-y", "-e", "demo_word=changed"]).assert_status(0).assert_stdout_has("service demo: restart");
    both.solti(&["diff", "-e", "demo_word=changed"]).assert_status(0);

    // It is in a format that only a newer solti knows, or damaged: nothing is done.
    let manifest = "/var/lib/solti/manifest.json";
    assert_eq!(
        both.read(&format!("stat -c '%a' /var/lib/solti; wc -l <{manifest}; ! grep hush-hush {manifest}")),
        "700\n1"
    );
    both.each(|host| {
        drop(host.read(&format!("cp {manifest} /run/m; sed -i 's/\"format\":2/\"format\":3/' {manifest}")))
    });
    let output = both.solti(&["apply", "-y"]).assert_status(1);
    assert!(
        output.stdout.contains("the manifest on the host has format 3; this solti knows formats up to 2"),
        "{output}"
    );
    both.each(|host| drop(host.read(&format!("head -c 100 /run/m >{manifest}"))));
    let output = both.solti(&["apply", "-y"]).assert_status(1);
    assert!(output.stdout.contains("the manifest on the host is damaged"), "{output}");
    assert_eq!(both.read("cat /etc/demo/there"), "changed");
}

#[test]
fn what_was_there_before_is_given_back() {
    let both = Both::up();
    both.each(|host| {
        host.read("mkdir -p /opt/d && printf 'a\\n' >/opt/d/adopted && printf 'b\\n' >/opt/d/replaced && ln -s /nowhere /opt/d/link && printf c >/opt/d/mode && chmod 0640 /opt/d/mode && chown games /opt/d/replaced");
    });
    let before = both.read("cd /opt/d && ls -ln --time-style=+ && cat adopted replaced mode");
    let all = "- directory: { path: /opt/d }\n- file: { path: /opt/d/adopted, content: \"a\\n\" }\n- file: { path: /opt/d/replaced, content: new }\n- file: { path: /opt/d/link, content: new }\n- file: { path: /opt/d/mode, content: c, mode: \"0600\" }\n- file: { path: /opt/d/own, content: new }\n";
    both.declare(all).apply();
    // Adopted as it was, then changed: what is given back is what was there.
    both.declare(&all.replace("\"a\\n\"", "changed")).apply();
    both.declare(&all.replace("\"a\\n\"", "again").replace("content: new", "content: newer")).apply();
    assert_eq!(both.read("cd /opt/d && head adopted link"), "==> adopted <==\nagain\n==> link <==\nnewer");
    both.declare("- file: { path: /opt/x, content: x }").apply();
    assert_eq!(both.read("cd /opt/d && ls -ln --time-style=+ && cat adopted replaced mode"), before);
    assert_eq!(both.read("ls -A /var/lib/solti/original"), "");
    generations(&both);
}

/// What these runs have replaced is on the host still, and what is told of them; for the newest ten.
fn generations(both: &Both) {
    let was = |number: u32| {
        both.read(&format!(
            "cd /var/lib/solti/generations/{number}/1 && while read -r verb entry number; do
               if [ $verb = restore ]; then echo \"$(cat $entry.path): $(readlink $number.former || cat $number.former)\"; fi
             done <entries | sort"
        ))
    };
    assert_eq!(was(1), "/opt/d/link: /nowhere\n/opt/d/replaced: b");
    assert_eq!(was(2), "/opt/d/adopted: a");
    assert_eq!(was(3), "/opt/d/adopted: changed\n/opt/d/link: new\n/opt/d/own: new\n/opt/d/replaced: new");
    assert_eq!(
        was(4),
        "/opt/d/adopted: again\n/opt/d/link: newer\n/opt/d/mode: c\n/opt/d/own: newer\n/opt/d/replaced: newer"
    );
    assert_eq!(both.read("cd /var/lib/solti/generations/4/1; ls *.original | wc -l"), "4");
    let modes = "cd /var/lib/solti/generations; stat -c '%U %a' . 1 1/1; stat -c '%U %a' 1/1/*.former | sort";
    assert_eq!(both.read(modes), "root 700\nroot 700\nroot 700\ngames 644\nroot 777");
    both.each(|host| {
        let told = host.read("cat /var/lib/solti/generations/1/1/record.json");
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        assert!(
            told["by"].as_str().unwrap().contains('@') && told["begun"].as_str().unwrap().starts_with("20"),
            "{told}"
        );
        assert_eq!(told["playbook"], "playbooks/site.yml", "{told}");
        let first = serde_json::json!({ "resource": "resources/play/file:/opt/d/replaced", "action": "update" });
        assert!(told["changes"].as_array().unwrap().contains(&first), "{told}");
    });
    for number in 1..=8 {
        both.declare(&format!("- file: {{ path: /opt/x, content: x{number} }}"));
        both.solti(&["apply", "-y"]).assert_status(0);
    }
    let numbers = "cd /var/lib/solti/generations; ls | sort -n | tr '\\n' ' '; ls /var/lib/solti/journal";
    assert_eq!(both.read(numbers), "3 4 5 6 7 8 9 10 11 12 ");
}
