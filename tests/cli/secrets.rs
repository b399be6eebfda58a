//! Secrets in what is shown without a host: rendered files, and errors with the lines that they point at.

use crate::solti_in;
use std::io;
use std::path::Path;

/// One that every writer has to quote.
const NASTY: &str = "it's-Gr8 \"q\" $x";
const PLAIN: &str = "hunter2hunter2";
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nxYz9\n-----END PRIVATE KEY-----\n";

const ROLE: &str = r#"summary: Takes secrets through all that writes
options:
  own_plain: { type: secret, required: true }
  own_nasty: { type: secret, required: true }
  own_short: { type: secret, default: q7 }
  own_key: { type: secret, required: true }
  own_settings: { type: mapping, default: {} }
  own_environment: { type: mapping, secret_values: true, default: {} }
  own_url: { type: string, default: "" }
  own_basic: { type: string, default: "{{ ('admin:' ~ own_nasty) | b64encode }}" }
  own_digest: { type: string, default: "{{ own_plain | hash('sha256') }}" }
steps:
  - name: files
    resources:
      - template: { src: all.j2, dest: /etc/own/all.conf }
      - file: { path: /etc/own/key.pem, content: "{{ own_key }}" }
      - file: { path: /etc/own/whole, content: "nobody sees this", secret: true }
      - config:
          dir: /etc/own/set
          files:
            - { content: "{{ own_settings | to_nice_yaml }}", dest: settings.yml }
            - { content: "{{ own_settings | to_nice_json }}", dest: settings.json }
            - { content: "{{ own_settings | to_toml }}", dest: settings.toml }
            - { content: "{{ own_environment | dictsort | map('join', '=') | join('\n') }}\n", dest: environment }
"#;

const TEMPLATE: &str = r#"pin = {{ own_short }}, then 4 more
plain = {{ own_plain }}
first = {{ own_plain[:5] }}
shell = {{ own_nasty | quote }}
json = {{ own_nasty | to_json }}
yaml = '{{ own_nasty | replace("'", "''") }}'
url = http://own:{{ own_nasty | urlencode }}@host/
html = {{ own_nasty | e }}
upper = {{ own_plain | upper }}
basic = {{ own_basic }}
basic = {{ ('a:' ~ own_plain) | b64encode }} and {{ own_plain | b64encode | b64encode }}
digest = {{ own_digest }} {{ own_nasty | checksum }}
regex = {{ own_plain | regex_replace('hunter', 'farmer') }}
key = {{ own_key | indent(4) }}
comment = {{ own_nasty | comment }}
database = {{ own_url }}
"#;

fn project(folder: &Path, role: &str) -> io::Result<()> {
    let write = |path: &str, text: &str| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        std::fs::write(path, text)
    };
    write("inventory.yml", "all: { hosts: { web1: { ansible_host: 127.0.0.1, ansible_port: 1 } } }\n")?;
    let vars = serde_json::json!({
        "own_plain": PLAIN, "own_nasty": NASTY, "own_key": KEY,
        "own_settings": { "http_headers": { "vault-token": "s.inaHeader", "X-Auth-Token": { "values": ["in-A-List"] } },
                          "password": "it's mine", "secret": true, "listen": "0.0.0.0:80" },
        "own_environment": { "LEVEL": "info", "API": "k3y-of-the-api" },
        "own_url": "postgres://own:pw4db@db/own",
    });
    let play = format!("- hosts: all\n  roles:\n    - role: own\n      vars: {vars}\n");
    write("playbooks/site.yml", &play)?;
    write("roles/own/role.yml", role)?;
    write("roles/own/files/key.asc", include_str!("../../src/resource/tests/data/key.asc"))?;
    write("roles/own/templates/all.j2", TEMPLATE)
}

#[test]
fn whatever_was_made_of_a_secret_is_hidden() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    project(folder.path(), ROLE)?;
    let shown = solti_in(folder.path(), &["render", "inventory.yml", "web1", "own"])?;
    let never = [
        "q7",
        "hunter2",
        "Gr8",
        "HUNTER2",
        "farmer2",
        "MIIE",
        "xYz9",
        "s.ina",
        "in-A",
        "it's",
        "mine",
        "info",
        "k3y",
        "pw4db",
        "nobody sees",
        "YWRtaW46",
        "YTpodW50",
        "aHVudGVy",
        "YUhWdWRHVnk",
    ];
    for part in never {
        assert!(!shown.contains(part), "{part}: {shown}");
    }
    insta::assert_snapshot!(shown);
    Ok(())
}

/// What is said of resources of a role, with secrets of which one is short.
fn refused(resources: &str) -> io::Result<String> {
    let folder = tempfile::tempdir()?;
    let options = "summary: x\noptions:\n  own_plain: { type: secret }\n  own_short: { type: secret, default: q7 }\n";
    let rest: Vec<&str> =
        ROLE.lines().filter(|line| line.starts_with("  own_") && !line.contains("secret, ")).collect();
    let key = "  own_nasty: { type: secret }\n  own_key: { type: secret }\n";
    let role = format!("{options}{key}{}\nsteps:\n  - name: run\n    resources:\n{resources}", rest.join("\n"));
    project(folder.path(), &role)?;
    let shown = solti_in(folder.path(), &["diff", "inventory.yml"])?;
    match shown.strip_prefix("exit 3\n--- out\n--- err\n") {
        Some(errors) => Ok(errors.lines().map(|line| format!("{}\n", line.trim_end())).collect()),
        None => Err(io::Error::other(shown)),
    }
}

#[test]
fn what_others_could_read_is_refused() -> io::Result<()> {
    let resources = r#"
      - file: { path: /etc/a, content: "pin={{ own_short }}", mode: "0644" }
      - template: { src: all.j2, dest: /etc/b, mode: "0604" }
      - config:
          dir: /etc/c
          group: users
          mode: "0640"
          files:
            - { dest: open, content: "port=80", mode: "0644" }
            - { dest: closed, content: "{{ own_digest }}", group: adm }
            - { dest: shared, content: "{{ own_url }}" }
      - file: { path: /etc/d, content: x, secret: true, mode: "0664" }
      - unit: { name: e, content: "[Service]\nExecStart=/bin/e --pin {{ own_short }}\n" }
      - quadlet: { name: f.container, container: { Image: "docker.io/a/b:1", Exec: "f {{ own_environment.LEVEL }}" } }
      - package:
          name: g
          repository:
            name: g
            uris: "https://me:{{ own_plain }}@packages.example.com"
            suites: stable
            key: { src: key.asc, fingerprint: 3b9d f885 9d37 bfcf 9e56  aad7 f7d0 b656 8c45 b8bb }
"#;
    insta::assert_snapshot!(refused(&resources[1..])?);
    Ok(())
}

#[test]
fn what_everybody_can_see_is_refused_however_short() -> io::Result<()> {
    let resources = r#"
      - command: { command: [login, "{{ own_short }}"], creates: /etc/a }
      - command: { command: "curl {{ own_url }}", creates: /etc/a }
      - command: { command: [login], environment: { LEVEL: "{{ own_environment.LEVEL }}" }, unless: [test, -e, "/{{ own_short }}"] }
      - command: { command: [login], stdin: "{{ own_short }} {{ own_basic }}", creates: /etc/a }
      - user: { name: own, comment: "{{ own_short }}" }
      - directory: { path: "/srv/{{ own_plain | hash }}" }
      - symlink: { path: /etc/l, src: "/srv/{{ own_short }}" }
      - template: { src: all.j2, dest: /etc/b, validate: [check, "{{ own_settings.password }}", "%s"] }
      - file: { path: /etc/q7, content: "a", validate: [check, q7, "%s"] }
    checks:
      - command: { command: [login, "--pin={{ own_short }}"] }
      - http: { url: "http://127.0.0.1:80/", headers: { X-Pin: "{{ own_short }}" } }
"#;
    insta::assert_snapshot!(refused(&resources[1..])?);
    Ok(())
}

#[test]
fn what_templates_of_another_host_come_to_is_a_secret_too() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let hosts = "web1: { ansible_host: 127.0.0.1, ansible_port: 1 }, db1: { db_password: \"{{ 'hunter2' * 2 }}\" }";
    std::fs::write(folder.path().join("inventory.yml"), format!("all: {{ hosts: {{ {hosts} }} }}\n"))?;
    std::fs::create_dir(folder.path().join("playbooks"))?;
    let play = "- hosts: web1\n  resources: [directory: { path: \"/srv/{{ hostvars['db1'].db_password }}\" }]\n";
    std::fs::write(folder.path().join("playbooks/site.yml"), play)?;
    insta::assert_snapshot!(solti_in(folder.path(), &["diff", "inventory.yml"])?, @r#"
    exit 3
    --- out
    --- err
    error: resources/play/directory:/srv/******** has a secret in its arguments or environment, which everybody on the host can see
     --> playbooks/site.yml:2:15
      |
    2 |   resources: [directory: { path: "/srv/{{ hostvars['db1'].db_password }}" }]
      |               ^^^^^^^^^
      |
     ::: inventory.yml:1:89
      |
    1 | all: { hosts: { web1: { ansible_host: 127.0.0.1, ansible_port: 1 }, db1: { db_password: "{{ 'hunter2' * 2 }}" } } }
      |                                                                                         --------------------- `db_password` counts as a secret by its name
      |
      = help: hand it over with `stdin`, or let it be read from a file with `mode: "0600"`
      = help: what is no secret has a name that ends with what it is, such as `db_password_name` or `db_password_path`
    "#);
    Ok(())
}

#[test]
fn a_line_that_is_no_yaml_shows_no_secret() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut shown = String::new();
    for line in ["password: [hunter2", "password: \"hunter2", "password: hunter2: hunter3", "password: @hunter2"] {
        std::fs::write(folder.path().join("inventory.yml"), format!("all:\n  vars:\n    {line}\n"))?;
        shown += &solti_in(folder.path(), &["inventory", "--list", "inventory.yml"])?;
    }
    assert!(!shown.contains("hunter"), "{shown}");
    insta::assert_snapshot!(shown);
    Ok(())
}

#[test]
fn a_plain_value_under_a_telling_name_is_found_and_can_be_renamed() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        std::fs::write(path, text)
    };
    let inventory = |vars: &str| {
        format!("all:\n  hosts: {{ web1: {{ ansible_host: 127.0.0.1, ansible_port: 1 }} }}\n  vars:\n{vars}")
    };
    let plain = "    cookie_domain: monitoring.example.org\n    app_private_key: /etc/ssl/private/app.key\n";
    let told =
        "    app_token: internal-clients\n    app: { api_key: '{{ app_token }}-2', cookie_domain: x.example.org }\n";
    write("inventory.yml", &inventory(&format!("{plain}{told}")))?;
    let play = r#"- hosts: all
  resources:
    - unit: { name: a, content: "[Service]\nExecStart=/bin/a {{ cookie_domain }} {{ app_private_key }} {{ app.cookie_domain }}\n" }
    - unit: { name: b, content: "[Service]\nExecStart=/bin/b {{ cookie_domain }} {{ app_token }}\n" }
    - file: { path: /etc/c, content: "{{ app_token | b64encode }}", mode: "0644" }
    - command: { command: [d, "{{ app.api_key }}"], creates: /etc/d }
  "#;
    write("playbooks/site.yml", play.trim_end())?;
    insta::assert_snapshot!(solti_in(folder.path(), &["diff", "inventory.yml"])?);
    // under the names that the hint speaks of, nothing is wrong
    write(
        "inventory.yml",
        &inventory(&format!("{plain}{told}").replace("app_token", "app_token_name").replace("api_key", "api_key_name")),
    )?;
    write(
        "playbooks/site.yml",
        &play.trim_end().replace("app_token", "app_token_name").replace("api_key", "api_key_name"),
    )?;
    let shown = solti_in(folder.path(), &["diff", "inventory.yml"])?;
    assert!(shown.contains("web1") && !shown.contains("error:"), "{shown}");
    Ok(())
}

#[test]
fn errors_show_lines_without_secrets() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    project(folder.path(), ROLE)?;
    let play = "\
- hosts: all
  vars: { pin: over-and-over }
  roles:
    - role: own
      vars: { own_nasty: '{{ pin }}', own_key: k, own_plain: hunter2hunter2, own_url: [] }
";
    std::fs::write(folder.path().join("playbooks/site.yml"), play)?;
    let shown = solti_in(folder.path(), &["diff", "inventory.yml"])?;
    insta::assert_snapshot!(shown, @"
    exit 3
    --- out
    --- err
    error: `own_url` is a list, not text
     --> playbooks/site.yml:5:87
      |
    5 |       vars: { own_nasty: '{{ pin }}', own_key: *, own_plain: **************, own_url: [] }
      |                                                                                       ^^
    ");
    // before anything is known of roles
    let play = "- hosts: all\n  roles:\n    - { role: own, vars: { db_password: hunter2hunter2, token: 'x y', url: 'http://a:pw@b' }, vras: {} }\n";
    std::fs::write(folder.path().join("playbooks/site.yml"), play)?;
    let shown = solti_in(folder.path(), &["diff", "inventory.yml"])?;
    insta::assert_snapshot!(shown.lines().skip(3).take(12).map(|line| format!("{line}\n")).collect::<String>(), @"
    error: role `own` has no option `db_password`
     --> playbooks/site.yml:3:28
      |
    3 |     - { role: own, vars: { db_password: **************, token: '***', url: 'http://a:**@b' }, vras: {} }
      |                            ^^^^^^^^^^^
      |
      = help: `solti role show own` lists them

    error: role `own` has no option `token`
     --> playbooks/site.yml:3:57
      |
    3 |     - { role: own, vars: { db_password: **************, token: '***', url: 'http://a:**@b' }, vras: {} }
    ");
    Ok(())
}

#[test]
fn what_a_template_is_the_first_to_look_up() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let role = "summary: x\nsteps:\n  - name: run\n    resources:\n      - template: { src: key.j2, dest: /etc/own/key, mode: \"0644\" }\n";
    project(folder.path(), role)?;
    std::fs::write(folder.path().join("playbooks/site.yml"), "- hosts: all\n  roles: [own]\n")?;
    std::fs::write(folder.path().join("roles/own/templates/key.j2"), "{{ lookup('secret', 'own_key') | hash }}\n")?;
    let shown = solti_in(folder.path(), &["diff", "inventory.yml"])?;
    assert!(shown.contains("error: /etc/own/key has a secret in it"), "{shown}");
    Ok(())
}
