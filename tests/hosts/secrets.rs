//! Secrets that hosts keep: generated ones, and tokens that the role influxdb makes on one host and another one needs.

use crate::support::{Host, Hosts, Output, Project, Suite};

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
    run.assert_stderr_has("mon keeps the secret influxdb_token_telegraf, and this run is not about that host: `solti apply inventory.yml --limit app,mon`");
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
    assert_eq!(pair.given(), 1, "{run}");
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
