//! Files, templates, directories, symbolic links and absent paths.

use crate::both::Both;
use crate::support::{Hosts, Project, Suite};

#[test]
fn a_file_is_made_changed_and_repaired() {
    let both = Both::up();
    both.each(|host| host.write_file("/etc/there.conf", "as it was\n"));
    both.each(|host| drop(host.read("chown games:games /etc/there.conf && chmod 0604 /etc/there.conf")));
    both.project.file(
        "playbooks/templates/t.j2",
        "on {{ inventory_hostname | length }}\n{% if word %}\nword = {{ word }}\n{% endif %}\n",
    );
    both.project.file("playbooks/files/src.txt", "from a file\n");
    let resources = |word: &str| {
        format!(
            r#"
- directory: {{ path: /opt/app, owner: games, group: "60", mode: "0750" }}
- file: {{ path: /opt/app/content, content: "one\ntwo\nthree\n", mode: "0640", group: games }}
- file: {{ path: /opt/app/src, src: src.txt, owner: 4711, group: 4712 }}
- template: {{ src: t.j2, dest: /opt/app/rendered }}
- file: {{ path: /etc/there.conf, content: "{word} now\n" }}
- symlink: {{ path: /opt/link, src: app/content }}
- absent: {{ path: /etc/motd }}
"#
        )
    };
    both.project.file("group_vars/all.yml", "word: first\n");
    both.declare(&resources("this"));
    insta::assert_snapshot!(both.diff(), @r"
    14 changes on 2 hosts

    new, old (2 hosts)
      resources/play
        + directory /opt/app (games:60 0750)
        + file /opt/app/content (root:games 0640)
          +one
          +two
          +three
        + file /opt/app/src (4711:4712 0644)
          +from a file
        + template /opt/app/rendered
          +on 3
          +word = first
        ~ file /etc/there.conf
          @@ -1 +1 @@
          -as it was
          +this now
        + symlink /opt/link
          target  app/content
        - absent /etc/motd (a file of 286 bytes)
    ");
    both.apply();
    let stat = "stat -c '%n %F %U %u %G %g %a' /opt/app /opt/app/content /opt/app/src /opt/app/rendered /etc/there.conf /opt/link; readlink /opt/link; ls /etc/motd 2>&1";
    insta::assert_snapshot!(both.hosts.iter().map(|host| host.exec(stat).stdout).collect::<String>(), @r"
    /opt/app directory games 5 games 60 750
    /opt/app/content regular file root 0 games 60 640
    /opt/app/src regular file UNKNOWN 4711 UNKNOWN 4712 644
    /opt/app/rendered regular file root 0 root 0 644
    /etc/there.conf regular file games 5 games 60 604
    /opt/link symbolic link root 0 root 0 777
    app/content
    ls: cannot access '/etc/motd': No such file or directory
    /opt/app directory games 5 games 60 750
    /opt/app/content regular file root 0 games 60 640
    /opt/app/src regular file UNKNOWN 4711 UNKNOWN 4712 644
    /opt/app/rendered regular file root 0 root 0 644
    /etc/there.conf regular file games 5 games 60 604
    /opt/link symbolic link root 0 root 0 777
    app/content
    ls: cannot access '/etc/motd': No such file or directory
    ");
    insta::assert_snapshot!(both.read("head -n 9 /opt/app/* /etc/there.conf"), @r"
    ==> /opt/app/content <==
    one
    two
    three

    ==> /opt/app/rendered <==
    on 3
    word = first

    ==> /opt/app/src <==
    from a file

    ==> /etc/there.conf <==
    this now
    ");
    both.apply_changes_nothing();

    // What is declared changes: the difference, and nothing else.
    both.project.file("group_vars/all.yml", "word: ''\n");
    both.declare(
        &resources("that").replace("two", "zwei").replace("app/content }", "app/src }").replace("0750", "0700"),
    );
    insta::assert_snapshot!(both.diff(), @r"
    10 changes on 2 hosts

    new, old (2 hosts)
      resources/play
        ~ directory /opt/app
          mode  0750 -> 0700
        ~ file /opt/app/content
          @@ -1,3 +1,3 @@
           one
          -two
          +zwei
           three
        ~ template /opt/app/rendered
          @@ -1,2 +1 @@
           on 3
          -word = first
        ~ file /etc/there.conf
          @@ -1 +1 @@
          -this now
          +that now
        ~ symlink /opt/link
          target  app/content -> app/src
    ");
    both.apply();
    assert_eq!(
        both.read("cat /opt/app/content; stat -c '%U %G %a' /opt/app/content"),
        "one\nzwei\nthree\nroot games 640"
    );

    // What is changed by hand is seen and repaired.
    both.repairs(
        "cd /opt && echo more >>app/content && chmod 0600 app/content && chown games app/src && rm app/rendered && ln -sfn /nowhere link",
        &[
            "~ file /opt/app/content",
            "-more",
            "mode  0600 -> 0640",
            "owner  games -> 4711",
            "+ template /opt/app/rendered",
            "target  /nowhere -> app/src",
        ],
    );
    both.repairs(
        "cd /opt && ln -sf /etc/passwd app/src && chmod 0777 app && chgrp root app && rm link && echo x >link && echo hello >/etc/motd",
        &[
            "~ directory /opt/app",
            "group  root -> 60",
            "mode   0777 -> 0700",
            "~ file /opt/app/src",
            "-> file",
            "target  (a file) -> app/src",
            "- absent /etc/motd (a file of 6 bytes)",
        ],
    );
    assert_eq!(both.read("cat /opt/app/src; head -n 1 /etc/passwd | cut -d: -f1"), "from a file\nroot");
    both.repairs(
        "rm -rf /opt/app /opt/link",
        &["+ directory /opt/app", "+ file /opt/app/content", "+ symlink /opt/link"],
    );
    assert_eq!(both.read("stat -c '%U:%G %a' /etc/there.conf; cat /etc/there.conf"), "games:games 604\nthat now");
}

/// Data often lies on another disk, with a link in its usual place.
#[test]
fn a_link_to_a_folder_is_as_good_as_the_folder() {
    let both = Both::up();
    both.each(|host| drop(host.read("mkdir -p /data/app && ln -s /data/app /srv/app")));
    both.declare(
        "- directory: { path: /srv/app, owner: games, mode: \"0750\" }
- config: { dir: /srv/app, files: [{ content: \"x\\n\", dest: a.conf }], validate: [test, -e, /srv/app/a.conf] }",
    );
    both.apply();
    both.apply_changes_nothing();
    both.each(|host| {
        let found = host.read("readlink /srv/app; stat -c '%U %a' /data/app; cat /data/app/a.conf; ls -A /data; ls -A /srv | grep solti; true");
        assert_eq!(found, "/data/app\ngames 750\nx\napp");
    });
}

#[test]
fn what_is_in_the_way_is_said_and_nothing_is_done() {
    let both = Both::up();
    both.each(|host| drop(host.read("mkdir -p /opt/full /opt/folder && touch /opt/full/x /opt/plain")));
    both.declare(
        r#"
- file: { path: /opt/folder, content: x }
- file: { path: /opt/missing/file, content: x }
- file: { path: /dev/null, content: x }
- directory: { path: /opt/plain }
- symlink: { path: /opt/full, src: x }
- absent: { path: /opt/full }
- file: { path: /opt/good, content: x }
"#,
    );
    for command in [&["diff"][..], &["apply", "-y"]] {
        let output = both.solti(command).assert_status(1);
        for text in [
            "/opt/folder is a directory on the host, not a file",
            "the directory /opt/missing does not exist; declare it first",
            "/dev/null is a device, socket or pipe on the host",
            "/opt/plain is there on the host, but is no directory",
            "/opt/full is there on the host, but is no symbolic link",
            "/opt/full is a directory that is not empty",
        ] {
            let all = format!("{}{}", output.stdout, output.stderr);
            assert!(all.contains(text), "expected {text:?} in\n{output}");
        }
    }
    assert_eq!(
        both.read("ls /opt /opt/folder /opt/full"),
        "/opt:\nfolder\nfull\nplain\n\n/opt/folder:\n\n/opt/full:\nx"
    );
    both.declare("- absent: { path: /opt/full, recursive: true }\n- absent: { path: /opt/folder }\n- absent: { path: /opt/plain }");
    insta::assert_snapshot!(both.diff(), @r"
    6 changes on 2 hosts

    new, old (2 hosts)
      resources/play
        - absent /opt/full (a directory with all in it)
        - absent /opt/folder (an empty directory)
        - absent /opt/plain (a file of 0 bytes)
    ");
    both.apply();
    assert_eq!(both.read("ls -A /opt"), "");
}

#[test]
fn content_arrives_byte_by_byte() {
    let hosts = Hosts::up(&[("new", Suite::Trixie)]);
    let project = Project::new(&hosts);
    let host = hosts.host("new");
    let big: Vec<u8> =
        (0..1_000_000_u32).map(|number| u8::try_from(number.wrapping_mul(2_654_435_761) >> 24).unwrap()).collect();
    let long_text: String = (0..20_000).map(|line| format!("line {line} of many, 'quoted' and $dollared\n")).collect();
    let contents: Vec<(&str, Vec<u8>)> = vec![
        ("no newline", b"end".to_vec()),
        ("it's quoted", b"'single' \"double\" `back`\n'".to_vec()),
        ("dollar $HOME", b"$HOME ${HOME} $(id) \\$x $$ $'a'\n".to_vec()),
        ("braces", b"}\n}\n{\nfi\ndone\nEOF\n}\n".to_vec()),
        ("backslashes", b"\\ \\n \\\\ \\0 %s %% \\c\n".to_vec()),
        ("nul", b"a\0b\0\n".to_vec()),
        ("binary", (0..=255).collect()),
        ("utf-8 \u{e4}\u{f6}\u{fc} \u{1f600}", "gr\u{fc}\u{df}e \u{1f600}\n".into()),
        ("latin-1", b"gr\xfc\xdfe\n".to_vec()),
        ("empty", Vec::new()),
        ("crlf", b"one\r\ntwo\r\n".to_vec()),
        ("newlines", b"\n\n\n".to_vec()),
        ("dash", b"-n -e\n".to_vec()),
        ("big", big),
        ("long text", long_text.into_bytes()),
        ("#comment; & | * ? [x] ~ !", b"x".to_vec()),
        ("\"double\"", b"x".to_vec()),
        ("-dash", b"x".to_vec()),
        ("%s %d", b"x".to_vec()),
    ];
    let mut resources = String::from("- directory: { path: '/opt/odd dir''s' }\n");
    for (number, (name, content)) in contents.iter().enumerate() {
        let file = format!("playbooks/files/{number}");
        project.file(&file, "");
        std::fs::write(project.path(&file), content).unwrap();
        let path = format!("/opt/odd dir's/{name}").replace('\'', "''");
        resources.push_str(&format!("- file: {{ path: '{path}', src: '{number}' }}\n"));
    }
    let resources: String = resources.lines().map(|line| format!("    {line}\n")).collect();
    project.file("playbooks/site.yml", &format!("- hosts: all\n  resources:\n{resources}"));
    let digests: Vec<String> = contents.iter().map(|(_, content)| digest(content)).collect();
    let look: Vec<String> = contents
        .iter()
        .map(|(name, _)| format!("sha256sum <'/opt/odd dir'\\''s/{}'", name.replace('\'', "'\\''")))
        .collect();
    let matches = || {
        let seen = host.read(&look.join("; "));
        for ((seen, wanted), (name, _)) in seen.lines().zip(&digests).zip(&contents) {
            assert_eq!(seen.trim_end_matches([' ', '-']), wanted, "{name}");
        }
    };
    project.solti(&["diff", "inventory.yml"]).assert_status(2).assert_stdout_has("20 changes on new");
    project.solti(&["apply", "-y", "inventory.yml"]).assert_status(0);
    matches();
    project.solti(&["diff", "inventory.yml"]).assert_status(0);
    // What is there is odd too: it is shown without harm, and replaced.
    host.read("cd '/opt/odd dir'\\''s' && for f in *; do printf '\\033[31m\\0\\200' >>\"./$f\"; done");
    let output = project.solti(&["diff", "inventory.yml"]).assert_status(2).assert_stdout_has("19 changes on new");
    assert!(!output.stdout.contains(['\u{1b}', '\0']), "{output}");
    project.solti(&["apply", "-y", "inventory.yml"]).assert_status(0);
    matches();
    project.solti(&["diff", "inventory.yml"]).assert_status(0);
    // Removed again, every one of them.
    project.file("playbooks/site.yml", "- hosts: all\n  resources:\n    - file: { path: /opt/other, content: x }\n");
    project.solti(&["apply", "-y", "inventory.yml"]).assert_status(0);
    assert_eq!(host.read("ls -A /opt"), "other");
}

fn digest(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_single_file_is_tried_before_it_is_there() {
    let both = Both::up();
    let file = |content: &str, validate: &str| {
        format!("- file: {{ path: /etc/try/it.conf, content: \"{content}\", validate: {validate} }}")
    };
    both.each(|host| host.write_file("/etc/try/neighbour", "n\n"));
    // At its final path, beside what is there already, while it is not there yet.
    let at_its_path = "[sh, -c, 'grep -q good /etc/try/it.conf && grep -q n /etc/try/neighbour']";
    both.declare(&file("bad", at_its_path));
    let output = both.solti(&["apply", "-y"]).assert_status(1);
    assert!(format!("{}{}", output.stdout, output.stderr).contains("the new configuration was refused"), "{output}");
    assert_eq!(both.read("ls -A /etc/try"), "neighbour");
    both.declare(&file("good", at_its_path)).apply();
    both.declare(&file("bad again", at_its_path));
    both.solti(&["apply", "-y"]).assert_status(1);
    assert_eq!(both.read("cat /etc/try/it.conf; ls -A /etc/try"), "goodit.conf\nneighbour");
    // With %s, as the staged file.
    let staged = "[grep, -q, good, '%s']";
    both.declare(&file("worse", staged));
    both.solti(&["apply", "-y"]).assert_status(1);
    both.declare(&file("better is good", staged)).apply();
    assert_eq!(both.read("cat /etc/try/it.conf; ls -A /etc/try"), "better is goodit.conf\nneighbour");
}
