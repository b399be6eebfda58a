//! Secrets that hosts keep: generated ones, and tokens that the role influxdb makes on one host and another one needs.

use crate::leaks::Watch;
use crate::support::{Background, Host, Hosts, Output, Project, Suite, wait_until};

/// A role that needs a token, and proves that it has one.
const WRITER: &str = r#"summary: Writes with a token of another host
options:
  writer_token: { type: secret, default: "{{ lookup('secret', 'influxdb_token_telegraf', host='mon') }}" }
steps:
  - name: write
    resources:
      - directory: { path: /etc/writer }
      - file: { path: /etc/writer/env, content: "A=1\nTOKEN={{ writer_token }}\n", mode: "0600" }
"#;

/// InfluxDB on `mon`, and the role above on both.
struct Pair {
    hosts: Hosts,
    project: Project,
}

impl Pair {
    fn new() -> Self {
        let hosts = Hosts::up(&[("mon", Suite::Trixie), ("app", Suite::Bookworm)]);
        let project = Project::new(&hosts);
        project.file("roles/writer/role.yml", WRITER);
        let pair = Self { hosts, project };
        pair.plays("- hosts: mon\n  roles: [influxdb]\n- hosts: all\n  roles: [writer]\n");
        pair
    }

    fn plays(&self, text: &str) {
        self.project.file("playbooks/site.yml", text);
    }

    fn mon(&self) -> &Host {
        self.hosts.host("mon")
    }

    fn apply(&self, more: &[&str]) -> Output {
        self.project.solti(&[&["apply", "-y", "inventory.yml"], more].concat())
    }

    /// The token that each host has, which must be the same; `mon` takes a point with it.
    #[track_caller]
    fn token(&self) -> String {
        let [mon, app] = ["mon", "app"].map(|name| self.hosts.host(name).read("sed -n 's/^TOKEN=//p' /etc/writer/env"));
        assert_eq!(mon, app);
        assert_eq!(self.written_with(&app), "204");
        mon
    }

    /// The status with which `mon` answers somebody who writes with a token.
    fn written_with(&self, token: &str) -> String {
        let mon = self.mon().address();
        self.hosts.host("app").read(&format!(
            "curl -s -o /dev/null -w '%{{http_code}}' -H 'Authorization: Token {token}' \
             'http://{mon}:8086/api/v2/write?org=monitoring&bucket=telegraf' -d 'm v=1'"
        ))
    }

    /// A run about a host that needs what another one keeps asks that one, and goes on where it cannot.
    fn one_host_alone(&self, token: &str) {
        let app = self.hosts.host("app");
        let alone = self.apply(&["-l", "app"]).assert_status(0).assert_stdout_has("No changes: app is as declared");
        alone.assert_stdout_has("mon: only asked for what others need to know; this run is not about it");
        let logins = self.mon().logins();
        app.read("sed -i s/TOKEN=.*/TOKEN=lost/ /etc/writer/env");
        self.apply(&["-l", "app", "-t", "writer"]).assert_status(0);
        assert_eq!((self.token(), self.mon().logins()), (token.to_owned(), logins + 1));
        let checked = "    checks:\n      - command: { command: [test, -e, /etc/writer/env], within: 1s }\n      \
                       - http: { name: asked, url: \"http://127.0.0.1:1/\", headers: { Authorization: \"Token {{ writer_token }}\" }, within: 1s }\n";
        let role =
            |more: &str| format!("{WRITER}      - file: {{ path: /etc/writer/more, content: \"{more}\" }}\n{checked}");
        // facts are to be had in the same way, and secrets that only show once there are facts
        let late = "{{ hostvars.mon.ansible_facts.hostname }}{{ lookup('secret', 'influxdb_token_' ~ hostvars.mon.ansible_facts.hostname | replace('mon', 'telegraf'), host='mon') }}";
        self.project.file("roles/writer/role.yml", &WRITER.replace("{{ writer_token }}", late));
        self.apply(&["-l", "app"]).assert_status(0);
        assert_eq!(app.read("sed -n s/^TOKEN=//p /etc/writer/env"), format!("mon{token}"));
        self.project.file("roles/writer/role.yml", WRITER);
        self.apply(&["-l", "app"]).assert_status(0);
        self.mon().read("systemctl stop ssh.socket; systemctl stop ssh");
        let why = "mon, which keeps influxdb_token_telegraf, could not be asked: ";
        for (more, choice, status) in [("one", &["-l", "app"][..], 0), ("two", &[], 4)] {
            self.project.file("roles/writer/role.yml", &role(more));
            let run = self.apply(choice).assert_status(status).assert_stdout_has(why);
            run.assert_stdout_has("left as it is: writer/write/file:/etc/writer/env, writer/write/http:asked");
            assert_eq!(app.read("cat /etc/writer/more; sed -n s/^TOKEN=//p /etc/writer/env"), format!("{more}{token}"));
            let verify = self.project.solti(&[&["verify", "inventory.yml", "-v"], choice].concat());
            verify.assert_stdout_has(why);
        }
        app.read("mv /var/lib/solti /var/lib/was; mv /etc/writer/env /etc/writer/was");
        let run = self.apply(&["-l", "app"]).assert_status(1).assert_stdout_has(why);
        assert!(!app.has("/etc/writer/env"), "{run}");
        app.read("rm -rf /var/lib/solti; mv /var/lib/was /var/lib/solti; mv /etc/writer/was /etc/writer/env");
        self.mon().read("systemctl start ssh.socket 2>/dev/null; systemctl start ssh");
        self.project.file("roles/writer/role.yml", WRITER);
        self.apply(&[]).assert_status(0);
    }

    fn apply_background(&self, more: &[&str]) -> Background {
        self.project.solti_background(&[&["apply", "-y", "inventory.yml"], more].concat())
    }

    /// How many tokens InfluxDB gives out that solti has made.
    fn given(&self) -> usize {
        let all = self.mon().read(
            "curl -fsS http://127.0.0.1:8086/api/v2/authorizations -H \"Authorization: Token $(cat /etc/solti/secrets/influxdb_admin_token)\"",
        );
        all.matches("solti: ").count()
    }
}

#[test]
fn a_token_goes_from_host_to_host_in_one_run() {
    let pair = Pair::new();
    let diff = pair.project.solti(&["diff", "inventory.yml"]).assert_status(2);
    let diff = diff.assert_stdout_has("influxdb_token_telegraf of mon is known after apply");
    assert!(diff.stdout.contains("+TOKEN=********"), "{diff}");
    assert!(!pair.mon().has("/etc/solti"), "diff has kept something");
    pair.apply(&[]).assert_status(0);
    let first = pair.token();
    assert_eq!(
        pair.mon().read("stat -c '%a %U' /etc/solti/secrets /etc/solti/secrets/*"),
        "700 root\n600 root\n600 root\n600 root\n600 root"
    );
    pair.apply(&[]).assert_status(0).assert_stdout_has("No changes: 2 hosts are as declared");

    pair.one_host_alone(&first);

    // what solti remembers of a host can be lost; the secrets are not in there
    pair.mon().read("rm -r /var/lib/solti");
    pair.apply(&[]).assert_status(0);
    assert_eq!(pair.token(), first);

    // a token that may do something else is another token, for everybody and at once; one play and one fork suffice
    let other = ["-e", r#"{"influxdb_tokens": [{"name": "telegraf", "write": ["telegraf"], "read": ["telegraf"]}]}"#];
    pair.plays("- hosts: all\n  roles: [{ role: influxdb, when: \"inventory_hostname == 'mon'\" }, writer]\n");
    pair.apply(&[&other[..], &["-f", "1"]].concat()).assert_status(0);
    let second = pair.token();
    assert_ne!(second, first);
    assert_eq!(pair.written_with(&first), "401");
    assert_eq!(pair.given(), 1, "the token that is declared no longer is revoked");
    assert!(!pair.mon().has("/etc/solti/secrets/influxdb_token_grafana"));
    pair.apply(&other).assert_status(0).assert_stdout_has("No changes");

    // who cannot take the new one goes on with the old one, until the run in which all can
    let third = ["-e", r#"{"influxdb_tokens": [{"name": "telegraf", "write": ["telegraf"]}]}"#];
    let works =
        WRITER.to_owned() + "    checks:\n      - command: { command: [test, \"!\", -e, /etc/refuse], within: 1s }\n";
    pair.project.file("roles/writer/role.yml", &works);
    pair.hosts.host("app").read("touch /etc/refuse");
    pair.apply(&third).assert_status(1);
    assert_eq!(pair.hosts.host("app").read("sed -n 's/^TOKEN=//p' /etc/writer/env"), second);
    assert_eq!(pair.written_with(&second), "204");
    pair.hosts.host("app").read("rm /etc/refuse");
    pair.apply(&third).assert_status(0).assert_stdout_has("telegraf: a former token of that name is revoked");
    assert_ne!(pair.token(), second);
    assert_eq!(pair.written_with(&second), "401");
    pair.apply(&third).assert_status(0).assert_stdout_has("No changes");
    pair.apply(&other).assert_status(0);
    let second = pair.token();

    // who is not in the run keeps what it has, which works until a run about all
    let part = [&third[..], &["-l", "mon"]].concat();
    pair.apply(&part).assert_status(0).assert_stdout_has("the former one is revoked by a run of all hosts and roles");
    assert!(!pair.mon().read_file("/etc/writer/env").contains(&second));
    assert_eq!(pair.hosts.host("app").read("sed -n 's/^TOKEN=//p' /etc/writer/env"), second);
    assert_eq!(pair.written_with(&second), "204");
    pair.apply(&part).assert_status(0).assert_stdout_has("No changes");
    pair.apply(&third).assert_status(0).assert_stdout_has("telegraf: a former token of that name is revoked");
    assert_ne!(pair.token(), second);
    assert_eq!(pair.written_with(&second), "401");
    pair.apply(&other).assert_status(0);
    let second = pair.token();

    // somebody has revoked it by hand
    pair.mon().read(
        "auth=\"Authorization: Token $(cat /etc/solti/secrets/influxdb_admin_token)\"; \
         id=$(curl -fsS -H \"$auth\" http://127.0.0.1:8086/api/v2/authorizations | tr -d ' \\n' | tr '{' '\\n' | grep 'solti:telegraf' | sed 's/.*\"id\":\"\\([0-9a-f]*\\)\".*/\\1/'); \
         curl -fsS -X DELETE -H \"$auth\" http://127.0.0.1:8086/api/v2/authorizations/$id",
    );
    assert_eq!(pair.written_with(&second), "401");
    let diff = pair.project.solti(&[&["diff", "inventory.yml"], &other[..]].concat()).assert_status(2);
    diff.assert_stdout_has("3 changes on 2 hosts");
    pair.apply(&other).assert_status(0);
    assert_ne!(pair.token(), second);

    // gone with its data, and not before
    pair.plays("- hosts: all\n  roles: [{ role: writer, state: absent }]\n- hosts: mon\n  roles: [{ role: influxdb, state: absent }]\n");
    pair.apply(&[]).assert_status(0);
    assert_eq!(pair.mon().read("ls /etc/solti/secrets"), "influxdb_admin_password\ninfluxdb_admin_token");
    pair.plays("- hosts: all\n  roles: [{ role: writer, state: absent }]\n- hosts: mon\n  roles: [{ role: influxdb, state: absent, purge: [data] }]\n");
    pair.apply(&[]).assert_status(0);
    assert!(!pair.mon().has("/etc/solti"));
}

#[test]
fn who_waits_for_what_nobody_makes() {
    let pair = Pair::new();
    let run = pair.apply(&["-l", "app"]).assert_status(3);
    let run = run.assert_stderr_has("role writer needs influxdb_token_telegraf of mon, which is not kept there");
    run.assert_stderr_has(
        "a run that is about mon too can make it, such as `solti apply inventory.yml --limit app,mon`",
    );
    pair.plays("- hosts: all\n  roles: [writer, { role: influxdb, when: \"inventory_hostname == 'mon'\" }]\n");
    let run = pair.apply(&[]).assert_status(3);
    run.assert_stderr_has(
        "role writer of app needs influxdb_token_telegraf of mon, which is made later, by role influxdb of mon",
    );
    pair.plays("- hosts: mon\n  roles: [influxdb]\n- hosts: all\n  roles: [writer]\n");
    let run = pair.apply(&["-e", r#"{"influxdb_tokens": [{"name": "other", "read": ["telegraf"]}]}"#]).assert_status(3);
    run.assert_stderr_has("mon keeps no secret influxdb_token_telegraf, and no role there makes it");
    assert!(!pair.mon().has("/etc/influxdb") && !pair.mon().has("/etc/solti"), "nothing was to be changed");

    // its maker fails: who waits is told so, and has nothing changed
    let run =
        pair.apply(&["-e", r#"{"influxdb_tokens": [{"name": "telegraf", "read": ["nowhere"]}]}"#]).assert_status(1);
    let run = run.assert_stdout_has("the token telegraf is for the bucket nowhere, which is not there");
    run.assert_stdout_has("it needs the secret influxdb_token_telegraf, which was not made on mon");
    assert!(!pair.hosts.host("app").has("/etc/writer") && !pair.mon().has("/etc/influxdb"));

    // what can be rendered with a stand-in, and not with the token, fails there alone, and ends
    let fussy = "{{ writer_token if writer_token is match('known-after') else nothing_of_that_name }}";
    pair.project.file("roles/writer/role.yml", &WRITER.replace("{{ writer_token }}", fussy));
    let run = pair.apply(&[]).assert_status(1).assert_stdout_has("`nothing_of_that_name` is undefined");
    assert!(pair.mon().has("/etc/influxdb") && !pair.hosts.host("app").has("/etc/writer"), "{run}");
    pair.project.file("roles/writer/role.yml", WRITER);

    // a token that was made before something else of its role failed is taken up by the next run
    pair.plays("- hosts: mon\n  roles: [influxdb]\n");
    pair.apply(&[]).assert_status(0);
    pair.plays("- hosts: mon\n  roles: [giver]\n");
    let giver = |works: &str| {
        format!(
            "summary: Gives a token\nsteps:\n  - name: give\n    resources:\n      - influxdb_tokens:\n          url: http://127.0.0.1:8086\n          \
             org: monitoring\n          token: \"{{{{ lookup('secret', 'influxdb_admin_token') }}}}\"\n          \
             tokens: [{{ name: given, read: [telegraf] }}]\n    checks:\n      - command: {{ command: [{works}], within: 1s }}\n"
        )
    };
    pair.project.file("roles/giver/role.yml", &giver("false"));
    let run = pair.apply(&[]).assert_status(1).assert_stdout_has("stays     tokens in InfluxDB");
    assert!(!pair.mon().has("/etc/solti/secrets/influxdb_token_given"), "{run}");
    assert_eq!(pair.given(), 3, "{run}");
    pair.project.file("roles/giver/role.yml", &giver("true"));
    pair.apply(&[]).assert_status(0);
    assert!(pair.mon().has("/etc/solti/secrets/influxdb_token_given"));
    assert_eq!(pair.given(), 1);

    // an InfluxDB that was set up by somebody else
    pair.plays("- hosts: mon\n  roles: [influxdb]\n");
    let run = pair.apply(&["-e", "influxdb_admin_token=not-the-one"]).assert_status(1);
    run.assert_stdout_has(
        "InfluxDB does not take the token; it was set up with another one, which solti needs to be given",
    );
}

/// A curl that stops after it has had a token made, before it hands the answer on.
const SLOW_CURL: &str = "#!/bin/sh
config=$(cat)
reply=$(printf '%s\n' \"$config\" | /usr/bin/curl \"$@\")
case $config in
*/authorizations*POST*) : >/run/made; until [ -e /run/go ]; do sleep 0.05; done ;;
esac
printf '%s\n' \"$reply\"
";

#[test]
fn what_cuts_off_a_conversation() {
    let pair = Pair::new();
    let mon = pair.mon();
    let watch = Watch::start();
    pair.apply(&[]).assert_status(0);
    // what is put together on the host is in no argument of the test's own
    mon.read("word=ted; env A=plan$word-environment sleep 1; sh -c 'sleep 1; :' plan$word-argument");
    let seen = watch.stop();
    let first = pair.token();
    assert!(seen.has("A=planted-environment") && seen.has("planted-argument"), "nothing is seen");
    for name in mon.read("ls /etc/solti/secrets").lines() {
        assert!(!seen.has(mon.read_file(&format!("/etc/solti/secrets/{name}")).trim()), "{name} could be seen");
    }

    let other = ["-e", r#"{"influxdb_tokens": [{"name": "telegraf", "write": ["telegraf"], "read": ["telegraf"]}]}"#];
    let until_made = |more: &[&str]| {
        mon.write_file("/usr/local/bin/curl", SLOW_CURL);
        mon.read("chmod 755 /usr/local/bin/curl; rm -f /run/made /run/go");
        let apply = pair.apply_background(more);
        wait_until("a token is made", || mon.has("/run/made").then_some(()));
        apply
    };
    let on = || mon.read("rm /usr/local/bin/curl; : >/run/go");
    let idle = || {
        wait_until("put back", || {
            mon.exec("flock -n /run/solti/lock true && ! ls /var/lib/solti/journal/*/undo").status.eq(&0).then_some(())
        })
    };

    // the controller is gone: the host keeps what it kept, and the next run takes up what was made
    let apply = until_made(&other);
    apply.signal("KILL");
    on();
    apply.wait();
    idle();
    assert_eq!(pair.token(), first);
    let run = pair.apply(&other).assert_status(0);
    let second = pair.token();
    assert_ne!(second, first, "{run}");
    assert_eq!(pair.given(), 1, "{run}");
    assert_eq!(pair.written_with(&first), "401");

    // twice: what was done to the host is put back, and what was done to InfluxDB is said
    let mut apply = until_made(&[]);
    apply.interrupt();
    apply.wait_for_output("finishing the step in hand");
    apply.interrupt();
    apply.wait_for_output("putting back the step in hand");
    on();
    let run = apply.wait().assert_status(130).assert_stdout_has("stays     tokens in InfluxDB");
    assert_eq!(pair.token(), second, "{run}");
    let run = pair.apply(&[]).assert_status(0);
    let third = pair.token();
    assert_ne!(third, second, "{run}");
    assert_eq!(pair.given(), 2, "{run}");

    // once: what was begun is finished, and nothing else is
    let mut apply = until_made(&other);
    apply.interrupt();
    apply.wait_for_output("finishing the step in hand");
    on();
    let run = apply.wait().assert_status(130);
    assert_eq!(pair.given(), 3, "{run}");
    // who has not got the new one yet goes on
    assert_eq!(pair.written_with(&third), "204");
    pair.apply(&other).assert_status(0);
    assert_ne!(pair.token(), third);
    assert_eq!((pair.given(), pair.written_with(&third).as_str()), (1, "401"));
    pair.apply(&other).assert_status(0).assert_stdout_has("No changes");
}

#[test]
fn what_others_have_done_to_what_is_kept() {
    let pair = Pair::new();
    pair.apply(&[]).assert_status(0);
    let token = pair.token();
    let mon = pair.mon();
    mon.read(
        "cd /etc/solti/secrets; echo other >'influxdb_token_telegraf copy'; chmod 755 .; chmod 644 influxdb_token_grafana; chown 1000 ..; \
         echo http_proxy=http://127.0.0.1:9 >>/etc/environment",
    );
    let run = pair.apply(&[]).assert_status(0).assert_stdout_has("/etc/solti/secrets  root 0755 -> root 0700");
    let run = run
        .assert_stdout_has("grafana: others can read it on the host")
        .assert_stdout_has("2 changes made on 1 of 2 hosts");
    assert_eq!(
        mon.read("stat -c '%U %a' /etc/solti /etc/solti/secrets /etc/solti/secrets/influxdb_token_grafana"),
        "root 755\nroot 700\nroot 600",
        "{run}"
    );
    assert_eq!(pair.token(), token, "{run}");
    pair.apply(&[]).assert_status(0).assert_stdout_has("No changes");

    // empty, or with a link in its place
    mon.read("cd /etc/solti/secrets; : >influxdb_token_telegraf; mv influxdb_token_grafana /root/; ln -s /root/influxdb_token_grafana .");
    pair.apply(&[]).assert_status(0);
    assert_eq!(pair.token(), token);
    assert_eq!(mon.read("stat -c %F /etc/solti/secrets/influxdb_token_grafana"), "regular file");

    // what goes is not handed out any more
    let other = ["-e", r#"{"influxdb_tokens": [{"name": "other", "read": ["telegraf"]}]}"#];
    let lost = "mon keeps no secret influxdb_token_telegraf, and no role there makes it";
    pair.apply(&other).assert_status(3).assert_stderr_has(lost);
    pair.plays("- hosts: mon\n  roles: [{ role: influxdb, state: absent }]\n- hosts: all\n  roles: [writer]\n");
    pair.apply(&[]).assert_status(3).assert_stderr_has(lost);
    assert_eq!(pair.token(), token);

    // who is first gets it as long as it stays, and none that is to be made
    pair.plays("- hosts: all\n  roles: [writer]\n- hosts: mon\n  roles: [influxdb]\n");
    pair.apply(&[]).assert_status(0).assert_stdout_has("No changes");
    let other = ["-e", r#"{"influxdb_tokens": [{"name": "telegraf", "read": ["telegraf"]}]}"#];
    pair.apply(&other).assert_status(3).assert_stderr_has("which is made later, by role influxdb of mon");

    // all that is kept is exchanged: its folder stays closed
    pair.plays("- hosts: mon\n  roles: [influxdb]\n");
    let own = ["influxdb_admin_token", "influxdb_admin_password"].map(|name| {
        format!(
            "{name}={}",
            mon.read(&format!(
                "cat /etc/solti/secrets/{name}; rm /etc/solti/secrets/{name}; rm -f /etc/solti/secrets/*copy"
            ))
        )
    });
    for name in ["one", "two"] {
        let tokens = format!(r#"{{"influxdb_tokens": [{{"name": "{name}", "read": ["telegraf"]}}]}}"#);
        let more = ["-e", &own[0], "-e", &own[1], "-e", &tokens];
        pair.apply(&more).assert_status(0);
        assert_eq!(
            mon.read("stat -c '%a %n' /etc/solti/secrets /etc/solti/secrets/*"),
            format!("700 /etc/solti/secrets\n600 /etc/solti/secrets/influxdb_token_{name}")
        );
        pair.apply(&more).assert_status(0).assert_stdout_has("No changes");
    }

    // two that would revoke each other's
    pair.project.file("roles/giver/role.yml", &giver("http://127.0.0.1:8086", "given", "telegraf"));
    pair.plays("- hosts: mon\n  roles: [influxdb, giver]\n");
    let twice = "the tokens of the organization monitoring at http://127.0.0.1:8086 are declared twice for one host";
    pair.apply(&[]).assert_status(3).assert_stderr_has(twice);
}

/// A role that gives out one token of the InfluxDB of `mon`.
fn giver(url: &str, token: &str, bucket: &str) -> String {
    format!(
        "summary: Gives a token\nsteps:\n  - name: give\n    resources:\n      - influxdb_tokens:\n          url: {url}\n          \
         org: monitoring\n          token: \"{{{{ lookup('secret', 'influxdb_admin_token', host='mon') }}}}\"\n          \
         tokens: [{{ name: {token}, read: [{bucket}] }}]\n"
    )
}

#[test]
fn who_waits_in_a_later_play_goes_on() {
    let hosts =
        Hosts::up(&[("mon", Suite::Trixie), ("app", Suite::Trixie), ("db", Suite::Trixie), ("web", Suite::Trixie)]);
    let project = Project::new(&hosts);
    let apply = || project.solti(&["apply", "-y", "inventory.yml"]);
    project.file("playbooks/site.yml", "- hosts: mon\n  roles: [influxdb]\n");
    apply().assert_status(0);
    let url = format!("http://{}:8086", hosts.host("mon").address());
    project.file("roles/breaks/role.yml", &giver("http://127.0.0.1:8086", "one", "nowhere"));
    project.file("roles/gives/role.yml", &giver(&url, "two", "telegraf"));
    project.file(
        "roles/writer/role.yml",
        &WRITER.replace("influxdb_token_telegraf', host='mon'", "influxdb_token_' ~ which, host=maker"),
    );
    project.file(
        "playbooks/site.yml",
        "- hosts: mon\n  roles: [breaks]\n- hosts: app\n  vars: { which: one, maker: mon }\n  roles: [writer]\n\
         - hosts: db\n  roles: [gives]\n- hosts: web\n  vars: { which: two, maker: db }\n  roles: [writer]\n",
    );
    let run = apply().assert_status(1).assert_stdout_has("the token one is for the bucket nowhere, which is not there");
    let run = run.assert_stdout_has("it needs the secret influxdb_token_one, which was not made on mon");
    assert!(!hosts.host("app").has("/etc/writer"), "{run}");
    assert!(hosts.host("web").has("/etc/writer/env"), "{run}");
}

/// A role that makes much of its secrets, and prints them where it fails.
const MAKER: &str = r#"summary: Makes much of secrets
options:
  maker_password: { type: secret, required: true }
  maker_pin: { type: secret, default: q7 }
  maker_environment: { type: mapping, secret_values: true, default: {} }
  maker_works: { type: boolean, default: true }
steps:
  - name: files
    resources:
      - directory: { path: /etc/maker }
      - template: { src: all.j2, dest: /etc/maker/all.conf }
      - file: { path: /etc/maker/env, content: "{{ maker_environment | dictsort | map('join', '=') | join('\n') }}\n" }
      - unit: { name: maker, content: "[Service]\nEnvironmentFile=/etc/maker/env\nExecStart=/bin/sleep infinity\n" }
      - service: { name: maker, uses: [/etc/maker], settle: 200ms }
      - command: { command: "cat >/etc/maker/read; chmod 600 /etc/maker/read", creates: /etc/maker/read, stdin: "{{ maker_password }}" }
    checks:
      - command: { command: "cat /etc/maker/all.conf >&2; {{ maker_works | ternary('true', 'false') }}", within: 1s }
      - command: { command: [cat, /etc/maker/all.conf], that: "'pin' in body", show: body, within: 1s }
"#;

const MADE: &str = r#"pin = {{ maker_pin }}
yaml = '{{ maker_password | replace("'", "''") }}'
basic = {{ ('admin:' ~ maker_password) | b64encode }} {{ maker_password | b64encode }}
digest = {{ maker_password | hash('sha256') }}
upper = {{ maker_password | upper }}
"#;

#[test]
fn what_was_made_of_secrets_is_shown_nowhere() {
    let hosts = Hosts::up(&[("mon", Suite::Trixie)]);
    let project = Project::new(&hosts);
    let mon = hosts.host("mon");
    project.file("roles/maker/role.yml", MAKER);
    project.file("roles/maker/templates/all.j2", MADE);
    project.file("playbooks/site.yml", "- hosts: all\n  roles: [maker]\n");
    // where it was before, everybody could read it
    mon.write_file("/etc/maker/all.conf", "pin = q5\nyaml = 'former-one'\n");
    mon.read("chmod 644 /etc/maker/all.conf");
    let variables = |password: &str| {
        project.file(
            "group_vars/all.yml",
            &format!("maker_password: \"{password}\"\nmaker_environment: {{ LEVEL: zk4, KEY: key-of-env }}\n"),
        );
    };
    let solti = |args: &[&str]| project.solti(&[&args[..1], &["inventory.yml"], &args[1..]].concat());
    let never = |run: &Output| {
        let made = [
            "q7",
            "q5",
            "former-one",
            "it's-me",
            "it''s-me",
            "other-one",
            "IT'S-ME",
            "zk4",
            "key-of-env",
            "YWRtaW46",
            "aXQncy1tZT",
            "b3RoZXIt",
        ];
        let all = format!("{}{}", run.stdout, run.stderr);
        for part in
            made.into_iter().map(str::to_owned).chain([mon.read("printf %s it\\'s-me-4567 | sha256sum | cut -c1-64")])
        {
            assert!(!all.contains(&part), "{part} is shown: {run}");
        }
    };
    variables("it's-me-4567");
    let watch = Watch::start();
    for output in ["text", "json", "jsonl"] {
        never(&solti(&["diff", "-o", output]).assert_status(2));
    }
    never(&solti(&["apply", "-y", "-e", "maker_works=false"]).assert_status(1).assert_stdout_has("pin = ********"));
    assert_eq!(mon.read("cat /etc/maker/all.conf"), "pin = q5\nyaml = 'former-one'");
    never(&solti(&["apply", "-y"]).assert_status(0));
    let first = mon.read("sed -n 's/^basic = //p' /etc/maker/all.conf");
    assert_eq!(
        mon.read("stat -c '%a %U' /etc/maker/all.conf /etc/maker/env /etc/maker/read"),
        "600 root\n600 root\n600 root"
    );
    for output in ["text", "json", "jsonl"] {
        never(&solti(&["verify", "-o", output]).assert_status(0));
    }
    never(&solti(&["apply", "-y"]).assert_status(0).assert_stdout_has("No changes"));
    variables("other-one-4567");
    let diff = solti(&["diff"]).assert_status(2);
    never(&diff);
    assert!(diff.stdout.contains("(a line with a secret: after)") && diff.stdout.contains(" pin = ********"), "{diff}");
    never(&solti(&["apply", "-y", "-o", "jsonl"]).assert_status(0));
    assert_ne!(mon.read("sed -n 's/^basic = //p' /etc/maker/all.conf"), first);
    let mut secrets: Vec<String> = first.split(' ').map(str::to_owned).collect();
    secrets.extend(["it's-me-4567", "other-one-4567", "key-of-env"].map(str::to_owned));
    assert_eq!(watch.stop().arguments(&secrets[..2]), [""; 0]);
    assert_eq!(crate::leaks::readable(&hosts, &secrets), "");
}

/// What the host keeps of a generated secret is what is in force; and an empty text is not taken for none given.
#[test]
fn a_generated_secret_that_is_overruled_is_kept_no_longer() {
    let hosts = Hosts::one(Suite::Trixie);
    let project = Project::new(&hosts);
    let role = "summary: Another\noptions:\n  own_password: { type: secret, generated: true }\nsteps:\n  - name: only\n    resources:\n      - file: { path: /etc/own, content: \"{{ own_password }}\", mode: \"0600\", secret: true }\n";
    project.file("roles/own/role.yml", role);
    project.file("playbooks/site.yml", "- name: Own\n  hosts: all\n  roles: [own]\n");
    let host = hosts.host("host");
    let apply = |password: &str| project.solti(&["apply", "inventory.yml", "-y", "-e", password]);
    project.solti(&["apply", "inventory.yml", "-y"]).assert_status(0);
    assert_eq!(host.read_file("/etc/own"), host.read_file("/etc/solti/secrets/own_password").trim_end());
    let output = apply("{own_password: \"{{ lookup('env', 'NO_SUCH_VARIABLE') }}\"}").assert_status(3);
    assert!(output.stderr.contains("`own_password` is a secret, and an empty text is none"), "{output}");
    apply("own_password=of-ones-own-1").assert_status(0);
    assert_eq!(host.read_file("/etc/own"), "of-ones-own-1");
    assert!(!host.has("/etc/solti/secrets/own_password"));
    apply("own_password=of-ones-own-1").assert_status(0).assert_stdout_has("No changes");
}
