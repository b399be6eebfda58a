//! `config`: files that are tried together where they will be, and swapped as one.

use crate::both::Both;

#[test]
fn a_set_is_tried_as_it_will_be_and_swapped_as_one() {
    let both = Both::up();
    both.each(|host| {
        host.write_file("/etc/demo/by-hand.conf", "neighbour\n");
        host.write_file("/etc/demo/b.conf", "b as it was\n");
    });
    // Every file in its place, none of the old ones: else it is refused.
    let check = "cd /etc/demo && echo $(cat a.conf b.conf by-hand.conf sub/deep/c.conf 2>&1) && ls -A && grep -qx 'a fine' a.conf && ! grep -q bad b.conf";
    let set = |a: &str, b: &str, more: &str| {
        format!(
            r#"- config:
    dir: /etc/demo
    owner: games
    group: games
    mode: "0640"
    dir_mode: "0750"
    validate: [sh, -c, "{check}"]
    files:
      - {{ content: "{a}\n", dest: a.conf }}
      - {{ content: "{b}\n", dest: b.conf, mode: "0600", owner: root }}
      - {{ content: "c\n", dest: sub/deep/c.conf }}
{more}"#
        )
    };
    let state = "cd /etc && find demo -printf '%p %y %u:%g %m\\n' | sort; cat demo/a.conf demo/b.conf; find /etc -name '.solti*'";
    let before = both.read(state.replace("demo/a.conf ", "").as_str());
    both.declare(&set("a fine", "b bad", ""));
    let output = both.solti(&["apply", "-y"]).assert_status(1);
    // The folder is another's: what is not declared in it may be anything.
    let left_out =
        "the new configuration was refused; it was tried without what others than root can change: by-hand.conf";
    for text in [left_out, "a fine b bad cat: by-hand.conf: No such file or directory c"] {
        assert!(output.stdout.contains(text), "expected {text:?} in\n{output}");
    }
    // The listing that the validator gave shows what it saw.
    assert!(output.stdout.lines().any(|line| line.trim() == "| sub"), "{output}");
    assert_eq!(both.read(state.replace("demo/a.conf ", "").as_str()), before);

    both.declare(&set("a fine", "b better", ""));
    insta::assert_snapshot!(both.diff(), @r"
    2 changes on 2 hosts

    new, old (2 hosts)
      resources/play
        ~ config /etc/demo
          /etc/demo/sub games:games 0755
          /etc/demo/sub/deep games:games 0755
          /etc/demo/a.conf games:games 0640
          /etc/demo/sub/deep/c.conf games:games 0640
          /etc/demo owner         root -> games
          /etc/demo group         root -> games
          /etc/demo mode          0755 -> 0750
          /etc/demo/b.conf group  root -> games
          /etc/demo/b.conf mode   0644 -> 0600
          a.conf (new)
          +a fine
          b.conf
          @@ -1 +1 @@
          -b as it was
          +b better
          sub/deep/c.conf (new)
          +c
    ");
    both.apply();
    insta::assert_snapshot!(both.read(state), @r"
    demo d games:games 750
    demo/a.conf f games:games 640
    demo/b.conf f root:games 600
    demo/by-hand.conf f root:root 644
    demo/sub d games:games 755
    demo/sub/deep d games:games 755
    demo/sub/deep/c.conf f games:games 640
    a fine
    b better
    ");
    both.apply_changes_nothing();

    // One is wrong: none changes, whichever was swapped first.
    both.declare(&set("a fine", "bad", "").replace("\"c\\n\"", "\"cc\\n\""));
    let good = both.read(state);
    both.solti(&["apply", "-y"]).assert_status(1);
    assert_eq!(both.read(state), good);
    both.declare(&set("a fine", "b better", ""));

    // Drift, of content, attributes, and of what is there at all.
    both.repairs(
        "echo x >>/etc/demo/a.conf; rm -r /etc/demo/sub; chmod 0777 /etc/demo",
        &["~ config /etc/demo", "0777 -> 0750", "sub/deep/c.conf (new)", "-x"],
    );
    both.repairs("chmod 0666 /etc/demo/b.conf; ln -sf /dev/null /etc/demo/a.conf", &["0666 -> 0600", "a.conf"]);

    // A file that the set no longer has goes; strangers stay until it is exclusive.
    let fewer = |more: &str| {
        set("a fine", "b better", more).replace("      - { content: \"c\\n\", dest: sub/deep/c.conf }\n", "")
    };
    both.declare(&fewer(""));
    insta::assert_snapshot!(both.diff(), @r"
    6 changes on 2 hosts

    new, old (2 hosts)
      resources/no longer declared
        - play/config /etc/demo (/etc/demo/sub/deep/c.conf)
        - play/config /etc/demo (/etc/demo/sub/deep)
        - play/config /etc/demo (/etc/demo/sub)
    ");
    both.apply();
    assert_eq!(both.read("cd /etc/demo && find . | sort"), ".\n./a.conf\n./b.conf\n./by-hand.conf");
    both.declare(&fewer("    exclusive: true\n"));
    both.solti(&["apply", "-y"]).assert_status(0);
    assert_eq!(both.read("cd /etc/demo && find . | sort"), ".\n./a.conf\n./b.conf");
    both.unchanged();
    both.repairs("touch '/etc/demo/it'\\''s new' /etc/demo/b.conf~; ln -s a.conf /etc/demo/link; mkdir -p /etc/demo/d; touch /etc/demo/d/x", &["remove /etc/demo/it's new, which nobody declared", "remove /etc/demo/d/x", "remove /etc/demo/link"]);
    assert_eq!(both.read("cd /etc/demo && find . -not -type d | sort"), "./a.conf\n./b.conf");

    // What another resource declares in the folder is no stranger.
    both.declare(&format!("{}- file: {{ path: /etc/demo/d/other, content: x }}\n", fewer("    exclusive: true\n")))
        .apply();
    assert_eq!(both.read("cat /etc/demo/d/other"), "x");

    // All of it is undeclared: what was there before is put back, the folder stays for it.
    both.declare("- directory: { path: /opt/x }").apply();
    assert_eq!(both.read("cd /etc/demo && find . -not -type d | sort; cat b.conf"), "./b.conf\nb as it was");
}

#[test]
fn a_service_starts_with_a_set_without_what_left_it() {
    let both = Both::up();
    let declare = |files: &[&str]| {
        let files: String = files.iter().map(|name| format!("      - {{ content: x, dest: {name} }}\n")).collect();
        both.declare(&format!(
            "- config:\n    dir: /etc/demo\n    files:\n{files}\
             - unit: {{ name: demo, content: \"[Service]\\nExecStartPre=/bin/sh -c 'echo sees $(ls /etc/demo)'\\nExecStart=/bin/sleep infinity\\n\" }}\n\
             - service: {{ name: demo, uses: [/etc/demo], settle: 200ms }}\n"
        ));
    };
    declare(&["one", "two"]);
    both.apply();
    declare(&["one"]);
    insta::assert_snapshot!(both.diff(), @r"
    4 changes on 2 hosts

    new, old (2 hosts)
      resources/no longer declared
        - play/config /etc/demo (/etc/demo/two)
      resources/play
        ~ service demo: restart (because of /etc/demo/two)
    ");
    both.apply();
    assert_eq!(both.read("journalctl --sync; journalctl -q -o cat -u demo | grep sees"), "sees one two\nsees one");
}
