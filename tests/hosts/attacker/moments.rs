//! What mallory does at one certain moment, while root works in her folders: nothing here is left to chance. The functions are those
//! that steps are made of.

use crate::support::{Host, Hosts, Suite};
use solti::ability::{PLACE, STEP};

const OWN: &str = concat!(
    include_str!("../../../src/engine/step/shell.sh"),
    include_str!("../../../src/engine/step/journal.sh"),
    include_str!("../../../src/engine/step/generations.sh"),
    include_str!("../../../src/engine/step/told.sh")
);

/// A list of access rights as `setfacl` writes it, which not every host has: `$0 PATH access|default USER`.
const GRANT: &str = r#"my ($path, $kind, $user) = @ARGV;
my $none = 0xffffffff;
my $list = pack('V', 2) . join '', map pack('vvV', @$_),
  [1, 7, $none], [2, 7, scalar getpwnam $user], [4, 5, $none], [16, 7, $none], [32, 5, $none];
my $name = "system.posix_acl_$kind";
syscall(`uname -m` =~ /^x86_64/ ? 188 : 5, $path, $name, $list, length $list, 0) == 0 or die "$path: $!";
"#;

/// Her folder, with folders of root's in it, and what she wants.
const TREE: &str = "rm -rf /home/mallory/tree /srv/victim /var/lib/solti; mkdir -p /srv/victim; cd /home/mallory
    runuser -u mallory -- mkdir tree; mkdir tree/rooted; mkdir -m 700 tree/backup; echo old >tree/app.conf
    for secret in /srv/victim/secret tree/backup/secret tree/secret; do (umask 077; echo root >$secret); done";

/// A transaction in which she does something; `she TEXT` does it, in her folder.
fn moment(host: &Host, text: &str) -> String {
    host.read(TREE);
    let she = "she() { runuser -u mallory -- sh -c \"cd ~/tree && { $1; }\" 8>&-; }";
    let functions = STEP.concat();
    let script = format!(
        "S=mark; say() {{ printf '%s\\n' \"$*\"; }}\n{OWN}{functions}\n{PLACE}\n{she}\n\
         tree=/home/mallory/tree; lock 'a test' together && begin t && ready || exit 9\n{text}\n"
    );
    host.read(&script)
}

/// Owner, group, mode and content of each file, or of the files in a folder.
fn rights(host: &Host, paths: &str) -> String {
    host.read(&format!("cd /home/mallory/tree && stat -c '%n %U %G %a' {paths}"))
}

#[test]
fn what_she_exchanges_at_the_right_moment_gains_her_nothing() {
    let hosts = Hosts::one(Suite::Trixie);
    let host = hosts.host("host");
    host.read("useradd -m mallory; sysctl -qw fs.protected_hardlinks=0 || :");
    host.write_file("/usr/local/share/grant.pl", GRANT);
    folders_of_roots_in_hers(host);
    a_number_that_comes_back(host);
    access_lists(host);
    what_is_staged(host);
    what_is_given_back(host);
    what_is_held(host);
    what_was_made_on_the_way(host);
    the_way_back(host);
    a_read_only_folder(host);
    who_tries(host);
    what_root_tries(host);
    directly_below_roots(host);
    what_is_said_apart(host);
    what_has_no_end(host);
    what_a_folder_gives_on(host);
    what_she_is_to_see_of_her_own(host);
    what_of_roots_is_given_away(host);
    what_is_copied_is_no_folder(host);
}

/// A folder that she puts in the place of a file has ways in it that she makes while root goes through it.
fn what_is_copied_is_no_folder(host: &Host) {
    host.read("mkdir -p -m 700 /root/only; echo root >/root/only/notes");
    let folder = "she 'rm app.conf; mkdir -p app.conf/a; echo hers >app.conf/a/x'";
    for kept in [
        format!("beside 1 $tree/app.conf; {folder}; keep 1 $tree/app.conf || say not kept"),
        format!("{folder}; keep_original 1 $tree/app.conf was || say not kept"),
    ] {
        let said =
            moment(host, &format!("{kept}; (into 1 $tree/app.conf && ls); ls $V/original; roll_back; ls $V/journal"));
        assert!(said.contains("not kept\n"), "{kept}: {said}");
        assert!(!said.contains("held") && !said.contains("was"), "{kept}: {said}");
        assert!(said.ends_with("back ends"), "{kept}: {said}");
    }
    // what somebody has led there all the same keeps nobody out
    let said = moment(
        host,
        "mkdir -p $V/original/folder/in; note erase $V/original/folder; roll_back; ls $V/original $V/journal",
    );
    assert!(said.ends_with("back ends\n/var/lib/solti/journal:\n\n/var/lib/solti/original:"), "{said}");
}

/// What a program of hers is to see of her folder she brings herself: root copies nothing for her that it could be led to.
fn what_she_is_to_see_of_her_own(host: &Host) {
    for (names, seen) in [("", "app.container\nother.network"), ("other.network -", "app.container")] {
        let said = moment(
            host,
            &format!(
                "mkdir -p -m 700 /root/only; echo root >/root/only/notes
                 she 'mkdir q; echo old >q/app.container; echo \"[Network]\" >q/other.network; ln -s /root/only lnk'
                 q=$tree/q; beside 1 $q/app.container && printf '[Container]\\nImage=docker.io/library/app\\nNetwork=other.network\\n' | fill 1 $q/app.container 0644 mallory -
                 cp() {{ she 'mv q away; mv lnk q'; command cp \"$@\"; she 'mv q lnk; mv away q'; }}
                 view 2 $q app.container 1 {names}; (into 2 \"$P\"; find view ! -type d -printf '%p %n\\n')
                 reachable 2 \"$P\" view; generate user \"$D\" app.container; echo; ls $D; roll_back"
            ),
        );
        assert!(said.starts_with("view/app.container 1\n"), "{said}");
        assert!(said.contains(&format!("\n\n{seen}\nback ")), "{said}");
        // without the network that it is to be in, the quadlet is none
        assert_eq!(said.contains("failed"), !names.is_empty(), "{said}");
    }
}

/// What is root's in her folder she can put in the place of something else of root's: nobody gets a right to it there.
fn what_of_roots_is_given_away(host: &Host) {
    let said = moment(
        host,
        "mkdir -m 700 $tree/pub; chgrp adm $tree/pub
         attributes 1 $tree/pub 0755 - - 0 || say no mode; attributes 2 $tree/pub - mallory - 0 || say no owner
         attributes 3 $tree/pub - - mallory 0 || say no group; stat -c '%U %G %a' $tree/pub
         attributes 4 $tree/pub 0500 root adm 0 && stat -c '%U %G %a' $tree/pub; roll_back; stat -c '%U %G %a' $tree/pub",
    );
    let lines: Vec<&str> = said.lines().filter(|line| !line.starts_with("failed")).collect();
    assert_eq!(
        lines,
        ["no mode", "no owner", "no group", "root adm 700", "root adm 500", "back begins", "back ends", "root adm 700"],
        "{said}"
    );
}

/// In the first of her folders, to which nobody can lead elsewhere, she can exchange what is in it all the same.
fn directly_below_roots(host: &Host) {
    let home = "/home/mallory";
    let victim = || host.read("stat -c '%U %a' /srv/victim/secret; cat /srv/victim/secret");
    let said = moment(
        host,
        "beside 1 ~mallory/direct.conf
         she 'cd; rm -rf away; mv .solti-1 away; mkdir -m 777 .solti-1; ln -s /srv/victim/secret .solti-1/new'
         printf x | fill 1 ~mallory/direct.conf 0644 mallory - || say left alone; roll_back",
    );
    assert!(said.contains("left alone"), "{said}");
    assert_eq!(victim(), "root 600\nroot", "{said}");
    // what she has put in the way of the way back is said, and nobody waits for it
    for (file, exchange) in
        [("fresh.conf", "rm -f fresh.conf; mkdir -p fresh.conf/full"), ("direct.conf", "mv .solti-1 away")]
    {
        host.read(&format!("cd {home}; rm -rf direct.conf fresh.conf .solti-* away; echo old >direct.conf"));
        let said = moment(
            host,
            &format!(
                "f=/home/mallory/{file}; keep 1 $f && beside 1 $f && printf new | fill 1 $f 0644 - - && secure 1 $f && swap 1 $f
                 she 'cd; {exchange}'; roll_back"
            ),
        );
        assert!(said.contains(&format!("stays {home}/{file}, which its folder's owner has exchanged")), "{said}");
        assert_eq!(host.read("ls /var/lib/solti/journal"), "", "{exchange}: {said}");
    }
    host.read(&format!("cd {home}; rm -rf direct.conf fresh.conf .solti-* away"));
}

/// A program that does what its configuration says would do what she says, if she had exchanged that while root tries it.
fn who_tries(host: &Host) {
    let tries = |stage: &str, tried: &str| {
        let command = "sh -c 'echo; id -un; cat \"$0\"'";
        moment(host, &format!("{stage}\n{} && cat $T/out; roll_back", tried.replace("TRY", command)))
    };
    let staged = |path: &str| format!("beside 1 {path} && printf staged | fill 1 {path} 0644 - -");
    for path in ["$tree/app.conf", "$tree/new.conf", "$tree/link.conf"] {
        let said = tries(
            &format!("she 'ln -s app.conf link.conf'; {}", staged(path)),
            &format!("validate 1 {path} new TRY {path}"),
        );
        assert!(said.contains("\nmallory\nstaged"), "{path}: {said}");
    }
    let said = tries(&staged("$tree/app.conf"), "reachable 1 $tree/app.conf new && try TRY $tree/.solti-1/new");
    assert!(said.contains("\nmallory\nstaged"), "{said}");
    let folder = format!("{} && view 2 $tree app.conf 1", staged("$tree/app.conf"));
    for tried in ["validate 2 \"$P\" view TRY $tree/app.conf", "reachable 2 \"$P\" view && try TRY \"$D/app.conf\""] {
        let said = tries(&folder, tried);
        assert!(said.contains("\nmallory\nstaged"), "{tried}: {said}");
    }
    // what nobody else can exchange is tried by root, also where root has linked to it; what all can exchange, by nobody
    host.read("mkdir -p /srv/data /srv/open; chmod 777 /srv/open; ln -sfn /srv/data /srv/link");
    for path in ["/srv/data/new.conf", "/srv/link/new.conf", "/tmp/new.conf"] {
        let said = tries(&staged(path), &format!("validate 1 {path} new TRY {path}"));
        assert!(said.contains("\nroot\nstaged"), "{path}: {said}");
    }
    let set = format!("{} && view 2 /srv/link new.conf 1", staged("/srv/link/new.conf"));
    let said = tries(&set, "validate 2 \"$P\" view TRY /srv/link/new.conf");
    assert!(said.contains("\nroot\nstaged"), "{said}");
    let said = tries(&staged("/srv/open/new.conf"), "validate 1 /srv/open/new.conf new TRY /srv/open/new.conf");
    assert!(said.contains("failed") && !said.contains("staged"), "{said}");
}

/// What her programs have said in is not what root's programs say in later, whoever holds it open.
fn what_is_said_apart(host: &Host) {
    let hers = "/home/mallory/hold.pl";
    host.write_file(hers, "$0 = 'held'; open my $k, '>>&', 1; fork and exit; sleep 30;\n");
    for tried in [
        format!("try_as mallory perl {hers}"),
        format!(
            "tester=mallory; beside 1 $tree/app.conf && printf x | fill 1 $tree/app.conf 0644 - - && validate 1 $tree/app.conf new perl {hers}"
        ),
        format!("logged as_user mallory perl {hers}"),
    ] {
        let said = moment(
            host,
            &format!(
                "{tried} || say not run; run secret sh -c 'echo hunter2'
                 for pid in $(pgrep -x held); do printf 'forged\\n' >>/proc/$pid/fd/1; cat /proc/$pid/fd/1; kill $pid; done
                 say kept $(cat $T/out); roll_back"
            ),
        );
        assert!(
            said.contains("forged\n") && said.contains("kept hunter2\n") && !said.contains("not run"),
            "{tried}: {said}"
        );
        assert_eq!(said.matches("hunter2").count(), 1, "{tried}: {said}");
    }
}

/// What she makes without end holds nobody up for good: here a minute is a second.
fn what_has_no_end(host: &Host) {
    // a pipe in the place of what looks as if it were the same
    let said = moment(
        host,
        "keep 1 $tree/app.conf && beside 1 $tree/app.conf && printf new | fill 1 $tree/app.conf - - - && secure 1 $tree/app.conf && swap 1 $tree/app.conf
         stat() { case $* in *%Y*) echo same ;; *) command stat \"$@\" ;; esac; }
         timeout() { case $2 in sha256sum) shift; she 'rm -f app.conf; mkfifo app.conf'; command timeout 1 \"$@\" ;; *) command timeout \"$@\" ;; esac; }
         roll_back",
    );
    assert!(said.ends_with("back ends"), "{said}");
    assert_eq!(
        host.read("cd /home/mallory/tree; stat -c %F app.conf; timeout 5 cat app.conf"),
        "regular file\nold",
        "{said}"
    );
    // one of her programs that she stops is waited for, and then it is over
    let said = moment(
        host,
        "systemctl() { :; }; limit='timeout -k 1 1'; as_user mallory sh -c 'kill -STOP $$' >/dev/null 2>&1 || say ended
         heard() { timeout 1 cat; }; as_user mallory sh -c 'setsid sleep 20 2>/dev/null & echo heard' 2>/dev/null | heard; pkill -KILL -u mallory; roll_back",
    );
    assert_eq!(said, "ended\nheard\nback begins\nback ends");
}

/// Rights that a folder gives on to what is made in it, from when it was hers, are not those of what root makes there.
fn what_a_folder_gives_on(host: &Host) {
    host.read("rm -rf /etc/given; mkdir /etc/given; perl /usr/local/share/grant.pl /etc/given default mallory");
    let said = moment(
        host,
        "beside 1 /etc/given/secret && printf secret | fill 1 /etc/given/secret 0660 root adm && secure 1 /etc/given/secret && swap 1 /etc/given/secret
         parents /etc/given/new && beside 2 /etc/given/new/secret && printf secret | fill 2 /etc/given/new/secret 0660 root adm && swap 2 /etc/given/new/secret
         for f in /etc/given/secret /etc/given/new/secret; do runuser -u mallory -- cat $f 2>/dev/null; runuser -u mallory -- sh -c \"echo x >$f\" 2>/dev/null; done; roll_back",
    );
    assert!(!said.contains("secret\n") && !said.contains("secretsecret"), "{said}");
    let without = moment(
        host,
        "tar() { false; }; b64() { printf %s \"$1\"; }
         beside 1 /etc/given/secret || say left; roll_back",
    );
    assert!(
        without.contains("is left alone: what is made there would be open") && without.contains("\nleft\n"),
        "{without}"
    );
}

/// Beside what is declared, root tries nothing that she could have written, wherever it lies in the set's folder.
fn what_root_tries(host: &Host) {
    // `stray` is as what she gives to one of her subordinate ids
    host.read(
        "rm -rf /etc/hers /etc/mixed; mkdir -p /etc/hers/sub /etc/mixed/hers /etc/mixed/roots; cd /etc/mixed
         for folder in /etc/hers/sub /etc/hers hers .; do echo said >$folder/said.conf; echo bad >$folder/bad.conf; done
         chown -hR mallory /etc/hers hers; echo good >/etc/hers/roots.conf; echo good >roots/good.conf; echo good >roots.conf
         chown mallory bad.conf said.conf; ln -s hers/bad.conf link; chown -h mallory link; echo bad >open.conf; chmod 666 open.conf
         echo bad >stray.conf; chown 296608 stray.conf; echo bad >listed.conf; chmod 644 listed.conf
         perl /usr/local/share/grant.pl listed.conf access mallory; ln -s /srv/victim lead",
    );
    let digest = host.read("sha256sum </etc/hers/said.conf | cut -d' ' -f1");
    let command = "sh -c 'echo; id -un; cd \"$0\"; find . ! -type d | sort; false'";
    for (folder, declared, seen, left) in [
        (
            "/etc/hers",
            vec!["said.conf", "sub/said.conf"],
            "app.conf said.conf sub/said.conf",
            "bad.conf roots.conf said.conf sub/bad.conf sub/said.conf",
        ),
        (
            "/etc/mixed",
            vec!["said.conf", "hers/said.conf", "hers/bad.conf"],
            "app.conf hers/said.conf roots.conf roots/good.conf said.conf",
            "bad.conf hers/bad.conf hers/said.conf lead link listed.conf open.conf said.conf stray.conf",
        ),
    ] {
        let declared: String = declared.iter().map(|name| format!(" {name} ={digest}")).collect();
        let list = |names: &str| names.split(' ').map(|name| format!("./{name}\n")).collect::<String>();
        let stage = format!("beside 1 {folder}/app.conf && printf staged | fill 1 {folder}/app.conf 0644 - -");
        let stage = format!("{stage} && view 2 {folder} app.conf 1{declared}");
        for tried in [
            format!("validate 2 \"$P\" view {command} {folder}"),
            format!("reachable 2 \"$P\" view && try {command} \"$D\""),
        ] {
            let said = moment(host, &format!("{stage}\n{tried}; cat $T/out; echo; sort -u $T/without; roll_back"));
            let expected = format!("\nroot\n{}\n{}", list(seen), list(left));
            assert!(said.contains(&expected), "{tried}: {said}");
        }
    }
    // what she makes of what is declared meanwhile is not taken, and nobody waits for it
    for she in ["echo bad >>said.conf", "ln -sf /srv/victim/secret said.conf", "rm said.conf; mkfifo said.conf"] {
        let said = moment(
            host,
            &format!(
                "she 'cd /etc/hers; {she}'; view 2 /etc/hers said.conf ={digest} && (into 2 \"$P\"; ls view); roll_back"
            ),
        );
        assert_eq!(said, "sub\nback begins\nback ends".replacen("sub\n", "", 1), "{she}");
    }
    // root's own link leads to where she could lead elsewhere: she tries it
    host.read("ln -sfn /home/mallory/tree /etc/linked");
    let said = moment(
        host,
        "beside 1 /etc/linked/app.conf && printf staged | fill 1 /etc/linked/app.conf 0644 - -
         view 2 /etc/linked app.conf 1 && reachable 2 \"$P\" view && try sh -c 'echo; id -un; cat \"$0/app.conf\"' \"$D\" && cat $T/out; roll_back",
    );
    assert!(said.contains("\nmallory\nstaged"), "{said}");
    // and what leads from root's folder to what is hers is left out
    host.read("cd /etc/mixed; ln -s /home/mallory/tree/app.conf to_hers; ln -s roots.conf to_roots; ln -s /home/mallory/tree hers_too; ln -s /home/mallory/by_hers via_hers
        runuser -u mallory -- ln -sfn /etc/mixed/roots.conf /home/mallory/by_hers");
    let said = moment(
        host,
        "view 2 /etc/mixed && (into 2 \"$P\"; find view -type l | sort); grep -e to -e via $T/without | sort; roll_back",
    );
    assert!(said.starts_with("view/to_roots\n./hers_too\n./to_hers\n./via_hers\n"), "{said}");
    // a mount goes where it should, or nothing is tried
    let said = moment(
        host,
        "beside 1 $tree/app.conf && printf staged | fill 1 $tree/app.conf 0644 mallory -
         home_of() { she 'ln -sf /srv/victim/secret app.conf'; home=/; }; validate 1 $tree/app.conf new sh -c 'cat /srv/victim/secret'; cat $T/out; roll_back",
    );
    assert!(said.contains("failed 125") || said.contains("failed 0 125"), "{said}");
    assert!(!said.contains("staged"), "{said}");
    // where all can make files, what is hers is tried by her, and what was nobody's is not mounted on what she puts there
    host.read("rm -rf /var/tmp/hers /var/tmp/new.conf; runuser -u mallory -- sh -c 'mkdir /var/tmp/hers; echo x >/var/tmp/hers.conf'");
    for path in ["/var/tmp/hers", "/var/tmp/hers.conf", "/var/tmp/new.conf"] {
        let said = moment(host, &format!("tester_of {path} new; say tried by $tester; roll_back"));
        let who = if path.ends_with("new.conf") { "-" } else { "mallory" };
        assert!(said.contains(&format!("tried by {who}\n")), "{path}: {said}");
    }
    let said = moment(
        host,
        "beside 1 /var/tmp/new.conf && printf staged | fill 1 /var/tmp/new.conf 0644 - -
         validate 1 /var/tmp/new.conf new sh -c 'echo; grep -o \" /var/tmp[^/ ]* \" /proc/self/mountinfo; cat /var/tmp/new.conf'; cat $T/out; roll_back",
    );
    assert!(said.contains("\n /var/tmp \nstaged"), "{said}");
    // nor is it mounted where a mount of hers was before
    host.read("mkdir -p /home/mallory/mnt; mount -t tmpfs none /home/mallory/mnt; chown mallory /home/mallory/mnt");
    let said = moment(
        host,
        "she 'ln -sfn ~/mnt app'; view 2 $tree/app || say no view
         into() { enter \"$2\" && own \"$1\" && she 'ln -sfn /srv/victim app'; }
         validate 2 \"$P\" view sh -c 'echo tried'; cat $T/out; roll_back",
    );
    host.read("umount /home/mallory/mnt");
    assert!(said.starts_with("failed 0 125") && !said.contains("tried"), "{said}");
    // what comes after the look is not root's to try
    host.read("rm -f /var/tmp/new.conf");
    let said = moment(
        host,
        "beside 1 /var/tmp/new.conf && printf staged | fill 1 /var/tmp/new.conf 0644 - -
         nobody_leads() { she 'echo hers >/var/tmp/new.conf'; }
         validate 1 /var/tmp/new.conf new sh -c 'echo; id -un; cat /var/tmp/new.conf'; cat $T/out; roll_back",
    );
    assert!(said.contains("\nroot\nstaged") && !said.contains("\nhers"), "{said}");
    host.read("rm -f /var/tmp/new.conf");
    // why nobody tries it is said, also where the way there is gone
    for she in ["mv sub away; ln -s /srv/victim sub", "mv sub away"] {
        let said = moment(
            host,
            &format!(
                "she 'mkdir sub'; beside 1 $tree/sub/app.conf && printf staged | fill 1 $tree/sub/app.conf 0644 mallory -
                 b64() {{ printf %s \"$1\"; }}; she '{she}'; validate 1 $tree/sub/app.conf new sh -c 'echo tried' || say not tried; roll_back"
            ),
        );
        let why = if she.contains("ln") { "is somebody else's" } else { "there is no folder /home/mallory/tree/sub" };
        assert!(said.contains("failed") && said.contains("not tried"), "{said}");
        assert!(said.contains(why), "{said}");
    }
    // nobody's number may be one of hers
    host.read("mkdir -p /srv/stray; chown 296608 /srv/stray; chmod 777 /srv/stray");
    let said = moment(host, "tester_of /srv/stray/app.conf new && say tried by $tester; roll_back");
    assert!(said.contains("failed") && !said.contains("tried by"), "{said}");
}

/// A folder of root's can be renamed away with all that is in it.
fn folders_of_roots_in_hers(host: &Host) {
    let said = moment(
        host,
        "beside 1 $tree/rooted/app.conf
         she 'mv rooted away; mkdir -p rooted/.solti-1; chmod 777 rooted rooted/.solti-1'
         printf secret | fill 1 $tree/rooted/app.conf - - - || say left alone
         she 'cat rooted/.solti-1/*'; roll_back",
    );
    assert!(said.contains("left alone") && !said.contains("secret"), "{said}");
}

/// Whoever makes and removes folders for long enough is given any number again; here it is the first.
fn a_number_that_comes_back(host: &Host) {
    let said = moment(
        host,
        "beside 1 $tree/app.conf
         she 'rmdir .solti-1; mkdir -m 777 .solti-1'
         sed -i \"s/^[^ ]*/$(stat -c %d:%i $tree/.solti-1)/\" $T/1.own
         printf secret | fill 1 $tree/app.conf - - - || say left alone
         she 'cat .solti-1/*'; roll_back",
    );
    assert!(said.contains("left alone") && !said.contains("secret"), "{said}");
}

/// What a list of access rights lets her do is seen.
fn access_lists(host: &Host) {
    let said = moment(
        host,
        "mkdir /srv/victim/shared && perl /usr/local/share/grant.pl /srv/victim/shared access mallory
         echo x >/srv/victim/shared/f; she 'ln -sf /srv/victim/secret /srv/victim/shared/f'
         attributes 1 /srv/victim/shared/f 0644 mallory - 0 || say left alone
         roll_back",
    );
    assert!(said.contains("left alone"), "{said}");
    assert_eq!(rights(host, "/srv/victim/secret"), "/srv/victim/secret root root 600");
}

/// What a folder would let her read of all that is new in it: what is not finished, nothing; what is tried, what anybody may.
fn what_is_staged(host: &Host) {
    let said = moment(
        host,
        "perl /usr/local/share/grant.pl $tree default mallory
         cat() { command cat \"$@\"; if [ $# -eq 0 ]; then she 'cat .solti-1/new; ls .solti-1' >/srv/victim/seen 2>&1 || :; fi; }
         beside 1 $tree/app.conf && printf secret | fill 1 $tree/app.conf 0640 - - && cat /srv/victim/seen
         she 'ls .solti-1; cat .solti-1/new' 2>&1
         (into 1 $tree/app.conf; stat -c '%a %n' . new; reachable 1 $tree/app.conf; stat -c '%a %n' .)
         she 'ls .solti-1' 2>&1; roll_back",
    );
    let none = "cat: .solti-1/new: Permission denied";
    let closed = "ls: cannot open directory '.solti-1': Permission denied";
    let expected =
        format!("{none}\n{closed}\n{closed}\n{none}\n700 .\n640 new\n711 .\n{closed}\nback begins\nback ends");
    assert_eq!(said, expected);
}

/// What was hers for a moment is not hers again under another name.
fn what_is_given_back(host: &Host) {
    let made = "she 'echo x >hers; chmod 640 hers'; attributes 1 $tree/hers 0600 root root $(id -u mallory)";
    moment(host, &format!("{made}; roll_back"));
    assert_eq!(rights(host, "hers"), "hers mallory mallory 640");
    let said = moment(host, &format!("{made}; she 'mv hers away; mv secret hers'; roll_back"));
    assert_eq!(rights(host, "hers away"), "hers root root 600\naway root root 600", "{said}");
    // nor in the first of her folders, to which nobody can lead elsewhere
    let said = moment(
        host,
        "she 'echo x >~/hers'; beside 1 ~mallory/hers; she 'ln -sfn /srv/victim/secret ~/hers'
         attributes 2 ~mallory/hers 0644 mallory mallory $(id -u mallory) || say left alone; roll_back",
    );
    assert!(said.contains("left alone"), "{said}");
    assert_eq!(host.read("stat -c '%U %a' /srv/victim/secret; rm ~mallory/hers"), "root 600");
}

/// A second name that is left would make the file one that is known under several.
fn what_is_held(host: &Host) {
    let said = moment(
        host,
        "she 'echo x >hers'; keep_original 1 $tree/hers 0123; (into 1 $tree/hers && ls -A)
         attributes 2 $tree/hers 0600 - - $(id -u mallory); say links $(stat -c %h $tree/hers); commit '{}'",
    );
    assert_eq!(said, "links 1\nstep committed");
}

/// Root's own folder is given to her only if it is the one that was made for her.
fn what_was_made_on_the_way(host: &Host) {
    let made = "folder 1 $tree/new/deep 0755 - -";
    let given = "folder 2 $tree/new 0750 mallory - || say left alone";
    let said = moment(host, &format!("{made}; {given}; commit '{{}}'"));
    assert_eq!(rights(host, "new new/deep"), "new mallory root 750\nnew/deep root root 755", "{said}");
    let said = moment(host, &format!("{made}; she 'mv new away; mv backup new'; {given}; roll_back"));
    assert_eq!(rights(host, "new"), "new root root 700", "{said}");
    assert!(said.contains("left alone"), "{said}");
}

/// Whatever she has made of her folders meanwhile, it is said what stays, and nobody is kept from the next run.
fn the_way_back(host: &Host) {
    let replaced = "beside 1 $1 && printf new | fill 1 $1 - - - && keep 1 $1 && secure 1 $1 && swap 1 $1 || say failed";
    let attributes = "attributes 1 $1 0600 root root $(stat -c %u $1) || say failed";
    let made = "folder 1 $1 0755 root - || say failed";
    for (what, path, she) in [
        (replaced, "app.conf", "mv .solti-1 away"),
        (replaced, "app.conf", "mv .solti-1 away; mkdir .solti-1"),
        (replaced, "app.conf", "rm app.conf; mkdir -p app.conf/full"),
        (replaced, "app.conf", "mv ~/tree ~/away; ln -s /srv/victim ~/tree"),
        (replaced, "app.conf", "mv ~/tree ~/away"),
        (replaced, "rooted/app.conf", "mv rooted away; mv backup rooted"),
        (replaced, "rooted/app.conf", "mv rooted away; ln -s loop rooted; ln -s rooted loop"),
        (replaced, "new.conf", "rm new.conf; mkdir -p new.conf/full"),
        (replaced, "new.conf", "mv ~/tree ~/away; ln -s /srv/victim ~/tree; touch /srv/victim/new.conf"),
        (attributes, "app.conf", "mv app.conf away; mv secret app.conf"),
        (attributes, "app.conf", "rm app.conf; ln -s away app.conf; touch away"),
        (attributes, "app.conf", "mv ~/tree ~/away; ln -s /srv/victim ~/tree; touch /srv/victim/app.conf"),
        (made, "made", "mv made away; ln -s away made"),
        (made, "made", "mkdir ~/other; mv ~/tree ~/away; ln -s /srv/victim ~/tree; mkdir /srv/victim/made"),
    ] {
        let theirs = "; chmod 1777 /srv/victim";
        let said = moment(host, &format!("set -- $tree/{path}; {what}{theirs}; she '{she}'; roll_back"));
        assert!(!said.contains("failed") && !said.contains("stuck"), "{path}: {she}: {said}");
        assert_eq!(
            host.read("ls /var/lib/solti/journal; rm -rf /home/mallory/away /home/mallory/other"),
            "",
            "{path}: {she}: {said}"
        );
    }
}

/// A disk that cannot be written to is waited for, in her folders as in others.
fn a_read_only_folder(host: &Host) {
    let said = moment(
        host,
        "beside 1 $tree/app.conf && printf new | fill 1 $tree/app.conf - - - && keep 1 $tree/app.conf && swap 1 $tree/app.conf
         mount --bind $tree $tree && mount -o remount,bind,ro $tree; roll_back; cat $tree/app.conf
         umount $tree; recover; cat $tree/app.conf",
    );
    let stuck = "stuck /home/mallory/tree/app.conf: the filesystem /home/mallory/tree is mounted read-only";
    assert!(said.contains(stuck) && said.ends_with("recovered t\nold"), "{said}");
}
