//! Who solti is on a host and how it gets there: sudo and its password, several users at once, jump hosts, no host at
//! all, and everything that stands between it and a shell.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::Command;

use crate::support::{Host, Hosts, Output, Project, Suite, Terminal, run, wait_until};

const PASSWORD: &str = "correct horse";

/// A play whose one file root alone can write.
const AS_ROOT: &str = "\
- hosts: all
  become: true
  resources:
    - file: { path: /etc/made, content: \"made\\n\" }
";

/// An inventory in which one host has several names, each with variables of its own.
fn names_for(project: &Project, hosts: &Hosts, names: &[(&str, &Host, &str)]) {
    let mut text = hosts.inventory();
    let end = text.find("  hosts:\n").unwrap() + "  hosts:\n".len();
    text.truncate(end);
    for (name, host, variables) in names {
        text.push_str(&format!("    {name}: {{ansible_host: {}, {variables}}}\n", host.address()));
    }
    project.file("inventory.yml", &text);
}

/// Texts in another language, as gettext(3) reads them.
fn catalog(texts: &[(&str, &str)]) -> Vec<u8> {
    let mut texts = [&[("", "Content-Type: text/plain; charset=UTF-8\n")], texts].concat();
    texts.sort_unstable();
    let count = u32::try_from(texts.len()).unwrap();
    let (header, table) = (28, 8 * count);
    let (mut tables, mut bodies) = (Vec::new(), Vec::new());
    let (originals, translations): (Vec<&str>, Vec<&str>) = texts.into_iter().unzip();
    for text in originals.into_iter().chain(translations) {
        let at = header + 2 * table + u32::try_from(bodies.len()).unwrap();
        tables.extend([u32::try_from(text.len()).unwrap(), at]);
        bodies.extend_from_slice(text.as_bytes());
        bodies.push(0);
    }
    let words = [0x9504_12de, 0, count, header, header + table, 0, header + 2 * table].into_iter().chain(tables);
    words.flat_map(u32::to_le_bytes).chain(bodies).collect()
}

/// Lets a host speak German, as far as sudo does.
fn speak_german(host: &Host) {
    let catalog = catalog(&[
        ("a password is required", "Ein Passwort ist notwendig"),
        ("unknown user %s", "Unbekannter Benutzer %s"),
        ("Sorry, try again.", "Das hat nicht funktioniert, bitte nochmal probieren."),
        ("%u incorrect password attempt", "%u Fehlversuch bei der Passwort-Eingabe"),
    ]);
    let folder = "/usr/share/locale/de/LC_MESSAGES";
    host.exec(&format!("mkdir -p {folder} && cp -r /usr/lib/locale/C.utf8 /usr/lib/locale/de_DE.utf8"))
        .assert_status(0);
    for domain in ["sudo", "sudoers"] {
        host.write_file(&format!("{folder}/{domain}.mo"), &catalog);
    }
    host.write_file("/etc/default/locale", "LANG=de_DE.UTF-8\n");
    host.ssh("opspw", "sudo -n true").assert_status(1).assert_stderr_has("Ein Passwort ist notwendig");
}

/// The processes on a host in whose arguments or environment this text stands.
fn processes_that_show(host: &Host, text: &str) -> String {
    host.write_file("/root/wanted", text);
    host.read("grep -laF -f /root/wanted /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null || :")
}

#[test]
fn sudo_asks_for_a_password_or_does_not() {
    let hosts = Hosts::one(Suite::Trixie);
    let host = hosts.host("host");
    let project = Project::new(&hosts);
    host.exec("printf 'plain:correct horse\\n' | chpasswd").assert_status(0);
    names_for(
        &project,
        &hosts,
        &[
            ("free", host, "ansible_user: ops"),
            ("asked", host, "ansible_user: opspw"),
            ("nobody", host, "ansible_user: opspw, ansible_become_user: missing"),
            ("refused", host, "ansible_user: plain"),
        ],
    );
    project.file("playbooks/site.yml", AS_ROOT).file("right", &format!("{PASSWORD}\n")).file("wrong", "battery\n");

    // Nothing is asked of who needs no password; the others are told what is missing.
    let none = project
        .solti(&["diff", "inventory.yml"])
        .assert_status(4)
        .assert_stdout_has("\nfree\n  resources/play\n    + file /etc/made\n");
    for name in ["asked", "refused"] {
        let line =
            format!("{name:7}  unreachable  sudo asks for a password (give it with -K or --become-password-file)");
        none.clone().assert_stdout_has(&line);
    }

    // The same, whatever sudo's language is.
    speak_german(host);
    project.solti(&["diff", "inventory.yml"]).assert_status(4).assert_stdout_has(
        "asked    unreachable  sudo asks for a password (give it with -K or --become-password-file)\n",
    );

    let wrong = project.solti(&["diff", "inventory.yml", "-l", "asked,free", "--become-password-file", "wrong"]);
    wrong
        .assert_status(4)
        .assert_stdout_has("asked  unreachable  sudo did not accept the password\n")
        .assert_stdout_has("\nfree\n  resources/play\n    + file /etc/made\n")
        .assert_lacks("battery");

    let right = project.solti(&["diff", "inventory.yml", "--become-password-file", "right"]);
    right
        .assert_status(4)
        .assert_stdout_has("free, asked (2 hosts)")
        .assert_stdout_has("nobody   unreachable  no user `missing` to become: unknown user missing\n")
        .assert_stdout_has("refused  unreachable  sudo refused: plain is not in the sudoers file.\n")
        .assert_lacks(PASSWORD);

    assert!(!host.has("/etc/made"));
    let apply = ["apply", "inventory.yml", "-y", "-l", "asked", "--become-password-file", "right"];
    project.solti(&apply).assert_status(0).assert_lacks(PASSWORD);
    assert_eq!(host.read("stat -c '%U %a' /etc/made"), "root 644");
    project.solti(&apply).assert_status(0).assert_lacks("made");

    // A host's own password wins over the command line's, and an account may be one of a directory.
    names_for(
        &project,
        &hosts,
        &[
            ("told", host, "ansible_user: opspw, ansible_become_password: \"{{ 'correct ' ~ 'horse' }}\""),
            ("mistold", host, "ansible_user: opspw, ansible_sudo_pass: battery"),
            ("listed", host, "ansible_user: ops, ansible_become_user: 'DOM\\user'"),
            ("unnamed", host, "ansible_user: ops, ansible_become_exe: /opt/sudo"),
        ],
    );
    host.exec(
        "printf '%s\\n' 'DOM\\user:x:2000:2000::/home/DOM/john smith:/bin/bash' >>/etc/passwd && \
         mkdir -p '/home/DOM/john smith' && chown -R 2000:2000 /home/DOM",
    )
    .assert_status(0);
    let play = "- hosts: all\n  become: true\n  resources:\n    - file: { path: /tmp/own, content: \"made\\n\" }\n";
    project.file("playbooks/own.yml", play);
    let diff = ["diff", "inventory.yml", "-p", "playbooks/own.yml", "--become-password-file"];
    for file in ["right", "wrong"] {
        project
            .solti(&[&diff[..], &[file]].concat())
            .assert_status(4)
            .assert_stdout_has("told, listed (2 hosts)")
            .assert_stdout_has("mistold  unreachable  sudo did not accept the password\n")
            .assert_stdout_has(
                "unnamed  unreachable  `/opt/sudo` was not found on the host (`ansible_become_exe` names it)\n",
            )
            .assert_lacks(PASSWORD)
            .assert_lacks("battery");
    }
    let apply = ["apply", "inventory.yml", "-y", "-p", "playbooks/own.yml", "-l", "listed"];
    project.solti(&apply).assert_status(0);
    assert_eq!(host.read("stat -c %u /tmp/own '/home/DOM/john smith/.local/state/solti/manifest.json'"), "2000\n2000");
    project.solti(&apply).assert_status(0).assert_lacks("made");

    // What is not set counts as that, also where it is set to nothing.
    let mut bare = project.command(&apply);
    bare.envs(["XDG_RUNTIME_DIR", "TMPDIR", "HOME", "USER", "SSH_AUTH_SOCK"].map(|name| (name, "")));
    run(bare).assert_status(0).assert_lacks("made");
}

#[test]
fn a_password_is_typed_and_never_seen() {
    let hosts = Hosts::one(Suite::Trixie);
    let host = hosts.host("host");
    let project = Project::new(&hosts);
    names_for(&project, &hosts, &[("host", host, "ansible_user: opspw")]);
    // Each step waits until it is told to go on, so that there is time to look.
    let play = "\
- hosts: all
  become: true
  resources:
    - command:
        command: \"touch /run/waiting; while [ ! -e /run/go ]; do sleep 0.05; done; touch /etc/made\"
        creates: /etc/made
";
    project.file("playbooks/site.yml", play);

    let terminal = project.solti_on_terminal(&["apply", "inventory.yml", "-y", "-K", "-vv"]);
    terminal.wait_for("Password for sudo:");
    terminal.press(&[PASSWORD, "Enter"]);
    wait_until("the step to begin", || host.has("/run/waiting").then_some(()));

    assert_eq!(processes_that_show(host, PASSWORD), "");
    assert_ne!(processes_that_show(host, "/run/waiting"), "", "the search finds what is there");
    let here: Vec<u8> = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .flat_map(|process| ["cmdline", "environ"].map(|file| process.path().join(file)))
        .filter_map(|file| fs::read(file).ok())
        .flatten()
        .collect();
    assert!(!String::from_utf8_lossy(&here).contains(PASSWORD));

    host.exec("touch /run/go").assert_status(0);
    let code = terminal.wait();
    let screen = terminal.screen();
    assert_eq!(code, 0, "{screen}");
    assert!(!screen.contains(PASSWORD), "{screen}");
    assert!(host.has("/etc/made"));
    host.write_file("/root/wanted", PASSWORD);
    assert_eq!(host.read("grep -rlF -f /root/wanted /var/lib/solti /run /tmp /var/tmp /home 2>/dev/null || :"), "");

    // Without a terminal there is nobody to ask, and nothing is begun.
    let before = host.logins();
    let unasked = project.solti(&["apply", "inventory.yml", "-y", "-K"]).assert_status(3);
    unasked.assert_stderr_has("cannot ask for a password without a terminal");
    assert_eq!(host.logins(), before);
}

#[test]
fn a_user_without_rights_keeps_its_own_state() {
    let hosts = Hosts::one(Suite::Bookworm);
    let host = hosts.host("host");
    let project = Project::new(&hosts);
    names_for(&project, &hosts, &[("host", host, "ansible_user: plain")]);
    let play = |content: &str| {
        format!(
            "- hosts: all\n  resources:\n    - directory: {{ path: /home/plain/etc, mode: \"0700\" }}\n    \
             - file: {{ path: /home/plain/etc/made, content: {content} }}\n"
        )
    };
    project.file("playbooks/site.yml", &play("one"));
    project.solti(&["apply", "inventory.yml", "-y"]).assert_status(0);
    assert_eq!(host.read_file("/home/plain/etc/made"), "one");
    assert_eq!(host.read("stat -c '%U:%G %a' /home/plain/etc"), "plain:plain 700");
    project.solti(&["diff", "inventory.yml"]).assert_status(0);

    // What solti remembers is the user's, and only the user can read it.
    assert_eq!(host.read("stat -c '%U %a' /home/plain/.local/state/solti"), "plain 700");
    assert_eq!(host.read("stat -c '%U %a' /home/plain/.local/state/solti/generations/1"), "plain 700");
    host.read_file("/home/plain/.local/state/solti/manifest.json");
    assert!(!host.has("/var/lib/solti") && !host.has("/run/solti/lock"));
    assert!(host.has("/home/plain/.local/state/solti/lock"));

    // What it may not write is an error about that file, and what came before it is put back.
    project.file("playbooks/site.yml", &(play("two") + "    - file: { path: /etc/made, content: two }\n"));
    let failed = project.solti(&["apply", "inventory.yml", "-y"]).assert_status(1);
    failed.assert_stdout_has("resources/play/file:/etc/made").assert_stdout_has("cannot write to /etc");
    assert_eq!(host.read_file("/home/plain/etc/made"), "one");
    assert!(!host.has("/etc/made"));
}

#[test]
fn several_users_share_one_connection() {
    let hosts = Hosts::one(Suite::Trixie);
    let host = hosts.host("host");
    let project = Project::new(&hosts);
    names_for(&project, &hosts, &[("host", host, "ansible_user: ops")]);
    let play = "\
- { name: root, hosts: all, become: true, resources: [file: { path: /etc/of-root, content: \"\" }] }
- { name: login, hosts: all, resources: [file: { path: /home/ops/of-ops, content: \"\" }] }
- name: other
  hosts: all
  become: true
  become_user: plain
  resources: [file: { path: /home/plain/of-plain, content: \"\" }]
";
    project.file("playbooks/site.yml", play);
    let before = host.logins();
    project.solti(&["apply", "inventory.yml", "-y"]).assert_status(0);
    assert_eq!(host.logins(), before + 1);
    let owners = host.read("stat -c %U /etc/of-root /home/ops/of-ops /home/plain/of-plain");
    assert_eq!(owners, "root\nops\nplain");
    project.solti(&["diff", "inventory.yml"]).assert_status(0);
    assert_eq!(host.logins(), before + 2);
    // No shell stays behind, nor sshd's process for the session (the user's systemd takes its time).
    wait_until("every session to end", || host.exec("pgrep -l -u ops,plain sh").stdout.is_empty().then_some(()));

    // A connection that the user's own configuration keeps is used, by all users, and stays.
    let home = project.path("home");
    fs::create_dir_all(home.join(".ssh")).unwrap();
    let kept = "Host *\n  ControlMaster auto\n  ControlPersist 60\n  ControlPath ~/.ssh/kept-%C\n";
    fs::write(home.join(".ssh/config"), kept.replace('~', &home.display().to_string())).unwrap();
    let solti = |args: &[&str]| {
        let mut command = project.command(args);
        command.env("HOME", &home);
        run(command)
    };
    let before = host.logins();
    host.exec("rm /etc/of-root /home/plain/of-plain").assert_status(0);
    for (command, status) in [("diff", 2), ("apply", 0), ("diff", 0)] {
        let yes: &[&str] = if command == "apply" { &["-y"] } else { &[] };
        solti(&[&[command, "inventory.yml"], yes].concat()).assert_status(status);
        assert_eq!(host.logins(), before + 1, "{command}");
    }
    // What carries it is not solti's: the end of a run is seen all the same.
    wait_until("every shell to end", || host.exec("pgrep -l -u plain sh").stdout.is_empty().then_some(()));
    let sockets: Vec<_> = fs::read_dir(home.join(".ssh")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let socket = sockets.iter().find(|path| !path.ends_with("config")).unwrap();
    let mut leave = Command::new("ssh");
    leave.args(["-O", "exit", "-S"]).arg(socket).arg(host.address());
    run(leave).assert_status(0);
}

#[test]
fn hosts_that_cannot_be_reached_do_not_keep_the_others_waiting() {
    let hosts = Hosts::up(&[
        ("good", Suite::Bookworm),
        ("bad", Suite::Trixie),
        ("shellless", Suite::Trixie),
        ("hung", Suite::Trixie),
    ]);
    let (good, bad) = (hosts.host("good"), hosts.host("bad"));
    let project = Project::new(&hosts);
    let key = project.path("other");
    run(keygen(&key)).assert_status(0);
    run(keygen(&project.path("changed"))).assert_status(0);
    let changed = fs::read_to_string(project.path("changed.pub")).unwrap();
    project.file("known", &format!("{} {changed}", bad.address()));
    let checking = |file: &str| {
        format!(
            "ansible_ssh_common_args: -o UserKnownHostsFile={file} -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes"
        )
    };

    bad.exec("usermod -s /usr/sbin/nologin plain && usermod -s /bin/rbash ops").assert_status(0);
    bad.exec("nft add table inet t && nft add chain inet t c '{ type filter hook input priority 0; }' && nft add rule inet t c tcp dport 2222 drop")
        .assert_status(0);
    hosts.host("shellless").exec("mv /usr/bin/sh /usr/bin/not-sh").assert_status(0);
    hosts.host("hung").pause();
    names_for(
        &project,
        &hosts,
        &[
            ("good", good, ""),
            ("key", bad, &format!("ansible_ssh_private_key_file: {}", key.display())),
            ("user", bad, "ansible_user: stranger"),
            ("changed", bad, &checking(&project.path("known").display().to_string())),
            ("unknown", bad, &checking("/dev/null")),
            ("closed", bad, "ansible_port: 1"),
            ("filtered", bad, "ansible_port: 2222"),
            ("nologin", bad, "ansible_user: plain"),
            ("restricted", bad, "ansible_user: ops"),
            ("shellless", hosts.host("shellless"), ""),
            ("hung", hosts.host("hung"), ""),
        ],
    );
    let address = bad.address();
    // an address in the same network that nobody has, and a name that means nothing
    let nobody = address.rsplit_once('.').map(|(network, _)| format!("{network}.253")).unwrap();
    let more = format!("    nowhere: {{ansible_host: {nobody}}}\n    noname: {{ansible_host: no-such-host.invalid}}\n");
    let inventory = fs::read_to_string(project.path("inventory.yml")).unwrap() + &more;
    project.file("inventory.yml", &inventory).file("playbooks/site.yml", AS_ROOT);

    let applied = project.solti(&["apply", "inventory.yml", "-y"]).assert_status(4);
    assert_eq!(good.read_file("/etc/made"), "made\n");
    assert!(!bad.has("/etc/made"));
    for (name, words) in [
        ("key", format!("the login was refused: root@{address}: Permission denied")),
        ("user", format!("the login was refused: stranger@{address}: Permission denied")),
        ("changed", "the host's key is not the recorded one: it shows SHA256:".to_owned()),
        ("unknown", format!("the host's key is not known: No ED25519 host key is known for {address}")),
        ("closed", format!("connect to host {address} port 1: Connection refused")),
        ("filtered", format!("connect to host {address} port 2222: Connection timed out")),
        ("nologin", "the login shell did not start `sh`: This account is currently not available.".to_owned()),
        ("restricted", "the login shell did not start `sh`: ".to_owned()),
        ("shellless", "no `sh` on the host: ".to_owned()),
        ("hung", "Connection timed out during banner exchange".to_owned()),
        ("nowhere", format!("connect to host {nobody} port 22: ")),
        ("noname", "Could not resolve hostname no-such-host.invalid: ".to_owned()),
    ] {
        let line = unreachable(&applied, name);
        assert!(line.starts_with(&words), "{name}: {line}\n{applied}");
    }
    hosts.host("hung").unpause();
}

fn keygen(path: &std::path::Path) -> Command {
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"]).arg(path);
    keygen
}

#[test]
fn what_ssh_wants_to_know_is_asked_once_and_not_shown() {
    let hosts = Hosts::up(&[("one", Suite::Trixie), ("two", Suite::Trixie)]);
    let project = Project::new(&hosts);
    project.file("playbooks/site.yml", "- { hosts: all, resources: [{ directory: { path: /opt } }] }\n");
    let key = project.path("locked");
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "open sesame", "-C", "test", "-f"]).arg(&key);
    assert!(keygen.status().unwrap().success());
    let public = fs::read_to_string(key.with_extension("pub")).unwrap();
    for name in ["one", "two"] {
        hosts.host(name).read(&format!("echo '{}' >/root/.ssh/authorized_keys", public.trim()));
    }
    let with_key = format!("ansible_ssh_private_key_file={}", key.display());
    let start = || project.solti_on_terminal(&["diff", "inventory.yml", "-e", &with_key]);
    let asks = |terminal: &Terminal, times: usize| {
        wait_until("ssh's question", || {
            let screen = terminal.screen();
            (screen.matches("Enter passphrase for key").count() == times && screen.trim_end().ends_with(':'))
                .then_some(())
        });
        // longer than what goes on is drawn anew
        std::thread::sleep(std::time::Duration::from_millis(700));
        assert!(terminal.screen().trim_end().ends_with(':'), "{}", terminal.screen());
    };
    let terminal = start();
    asks(&terminal, 1);
    terminal.press(&["wrong", "Enter"]);
    asks(&terminal, 2);
    terminal.press(&["open sesame", "Enter"]);
    assert_eq!(terminal.wait(), 0, "{}", terminal.screen());
    let screen = terminal.screen();
    assert!(screen.contains("2 hosts are as declared"), "{screen}");
    assert_eq!(screen.matches("Enter passphrase").count(), 2, "{screen}");
    assert!(!screen.contains("sesame") && !screen.contains("wrong"), "{screen}");

    let terminal = start();
    asks(&terminal, 1);
    terminal.signal("INT");
    assert_eq!(terminal.wait(), 130, "{}", terminal.screen());
}

/// Why a host could not be reached.
fn unreachable(output: &Output, host: &str) -> String {
    let words = |line: &str| {
        let (name, rest) = line.split_once(char::is_whitespace)?;
        (name == host)
            .then(|| rest.trim_start().strip_prefix("unreachable").map(|rest| rest.trim_start().to_owned()))?
    };
    output.stdout.lines().find_map(words).unwrap_or_else(|| panic!("{host} is not unreachable\n{output}"))
}

#[test]
fn this_machine_without_ssh() {
    let project = Project::without_hosts();
    let home = project.path("home");
    fs::create_dir(&home).unwrap();
    let play =
        "- hosts: all\n  resources:\n    - file: { path: \"{{ target }}\", content: \"{{ ansible_user_id }}\" }\n";
    project.file("playbooks/site.yml", play);
    project.file("inventory.yml", "all: { hosts: { here: { ansible_connection: local } } }\n");
    let target = home.join("made");
    let variable = format!("target={}", target.display());

    // As a user without rights, so that nothing of this machine's own is touched.
    let solti = |arguments: &[&str]| {
        let command = project.command(arguments);
        let mut command = if fs::metadata("/proc/self").unwrap().uid() == 0 {
            let program = project.path("solti");
            if !program.exists() {
                fs::copy(command.get_program(), &program).unwrap();
                for (folder, mode) in [(project.root(), 0o755), (&home, 0o777)] {
                    fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
                }
            }
            let mut other = Command::new("setpriv");
            other.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(program).args(arguments);
            other.current_dir(project.root());
            other
        } else {
            command
        };
        command.env("HOME", &home).env_remove("XDG_RUNTIME_DIR").env("PATH", std::env::var_os("PATH").unwrap());
        run(command)
    };
    solti(&["apply", "inventory.yml", "-y", "-e", &variable])
        .assert_status(0)
        .assert_stdout_has("1 change made on here");
    assert_eq!(fs::metadata(&target).unwrap().uid(), fs::metadata(home.join(".local/state/solti")).unwrap().uid());
    solti(&["diff", "inventory.yml", "-e", &variable]).assert_status(0);
}

#[test]
fn through_another_host() {
    let hosts = Hosts::up(&[("gate", Suite::Trixie), ("inner", Suite::Trixie)]);
    let (gate, inner) = (hosts.host("gate"), hosts.host("inner"));
    let project = Project::new(&hosts);
    // From here the inner host does not answer: only the gate's connections are let in.
    let rule = format!(
        "nft add table inet t && nft add chain inet t c '{{ type filter hook input priority 0; }}' && \
         nft add rule inet t c tcp dport 22 ip saddr != {} drop",
        gate.address()
    );
    inner.exec(&rule).assert_status(0);
    let config = format!(
        "Host *\n  User root\n  IdentityFile {}\n  IdentitiesOnly yes\n  UserKnownHostsFile {}\n  StrictHostKeyChecking yes\n\
         Host gate\n  HostName {}\nHost {}\n  ProxyJump gate\n",
        hosts.key().display(),
        hosts.known_hosts().display(),
        gate.address(),
        inner.address()
    );
    project.file("ssh_config", &config);
    project.file("playbooks/site.yml", AS_ROOT);
    let file = project.path("ssh_config").display().to_string();
    let inventory = |arguments: &str| {
        format!(
            "all: {{ hosts: {{ inner: {{ ansible_host: {}, ansible_ssh_common_args: '{arguments}' }} }} }}\n",
            inner.address()
        )
    };

    project.file("inventory.yml", &inventory(&format!("-F {file}")));
    project.solti(&["apply", "inventory.yml", "-y"]).assert_status(0);
    assert_eq!(inner.read_file("/etc/made"), "made\n");
    project.solti(&["diff", "inventory.yml"]).assert_status(0);

    // The same by options alone, and with the jump host's own words when that is what fails.
    let options = format!(
        "-J gate -o UserKnownHostsFile={} -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes -i {}",
        hosts.known_hosts().display(),
        hosts.key().display()
    );
    let jump = |gate: &str| inventory(&options.replace("-J gate", &format!("-F {file} -J {gate}")));
    project.file("inventory.yml", &jump(&format!("root@{}", gate.address())));
    project.solti(&["diff", "inventory.yml"]).assert_status(0);
    project.file("inventory.yml", &jump(&format!("root@{}:1", gate.address())));
    let refused = project.solti(&["diff", "inventory.yml"]).assert_status(4);
    assert_eq!(
        unreachable(&refused, "inner"),
        format!("connect to host {} port 1: Connection refused", gate.address())
    );
}
