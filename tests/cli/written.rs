//! Numbers and truth values without quotes where text is wanted: taken if they print as they are written.

use crate::refused::refused;
use std::io;

#[test]
fn what_would_be_another_text_is_refused() -> io::Result<()> {
    let vars = "app_version: 1.10\nflags: { debug: yes }\nmodes: [0644, 0755]\nalias: '{{ flags.debug }}'\n";
    let play = "\
- hosts: all
  vars: { codename: 013 }
  resources:
    - package: { name: app, version: 1.10 }
    - package: { name: other, version: '{{ app_version }}' }
    - package: { name: third, version: '{{ codename | default(omit) }}' }
    - command: { command: [chmod, 0644, f], creates: /f }
    - command: { command: [chmod, '{{ item }}', f], creates: /g, loop: '{{ modes }}' }
    - file: { path: /etc/app, content: '{{ alias }}' }
    - unit: { name: app, content: '{{ flags[\"debug\"] }}' }
    - service: { name: 0x10 }
    - user: { name: app, comment: 1e-3.0, shell: on, home: 1.50 }
    - quadlet:
        name: app.container
        container: { Image: docker.io/app, Environment: { N: 010, B: yes, OK: true, V: 1.5 }, PublishPort: [08080] }
        service: { Restart: no }
";
    insta::assert_snapshot!(refused(&[("group_vars/all.yml", vars), ("playbooks/site.yml", play)])?);
    Ok(())
}

#[test]
fn checks_roles_and_scenarios_want_text_too() -> io::Result<()> {
    let role = "\
summary: An app
options:
  app_flags: { type: mapping, default: { debug: on } }
  app_version: { type: string, default: '{{ app_flags.release }}' }
steps:
  - name: answer
    checks:
      - http: { url: http://localhost/, headers: { X-Level: 010, X-Debug: '{{ app_flags.debug }}' } }
      - command: { command: [app, status, 1_000], contains: off }
";
    let of_role = |flags: &str| {
        let play = format!("- hosts: all\n  roles:\n    - {{ role: app, vars: {{ app_flags: {{ {flags} }} }} }}\n");
        refused(&[("playbooks/site.yml", &play), ("roles/app/role.yml", role)])
    };
    insta::assert_snapshot!(of_role("debug: off, release: 2.10")?);
    insta::assert_snapshot!(of_role("debug: off, release: 2.1")?);
    let play = "- hosts: all\n  remote_user: 007\n  resources: []\n";
    insta::assert_snapshot!(refused(&[("playbooks/site.yml", play), ("group_vars/all.yml", "ansible_port: 0022\n")])?);
    // values that are texts, whatever they look like
    let role = "\
summary: An app
options:
  app_environment: { type: mapping, values: string }
  app_words: { type: list, values: string, default: [1.0, two, true] }
steps:
  - name: write
    resources:
      - file: { path: /etc/app, content: '{{ app_environment | to_json }}' }
";
    let play = "- hosts: all\n  roles:\n    - role: app\n      vars: { app_environment: { N: 010, B: yes, OK: true, C: [x] }, app_words: [0x10] }\n";
    insta::assert_snapshot!(refused(&[("playbooks/site.yml", play), ("roles/app/role.yml", role)])?);
    let role = role.replace("mapping, values: string", "string, values: number");
    insta::assert_snapshot!(refused(&[("playbooks/site.yml", play), ("roles/app/role.yml", &role)])?);
    Ok(())
}

/// What roles write for other programs: what their formats cannot say is an error that names the key.
#[test]
fn what_a_format_cannot_say_is_refused() -> io::Result<()> {
    let roles = "- hosts: web1\n  roles: [grafana, telegraf, alloy]\n";
    let with = |more: &str| {
        let vars = "grafana_admin_password: an0therPassword\ntelegraf_influxdb_token: t0kenOfTelegraf\n\
            telegraf_newest_point: 0\ngrafana_backend: container\ntelegraf_backend: container\nalloy_backend: container\n\
            telegraf_influxdb_endpoints: http://m:8086\nalloy_loki_endpoints: [http://l:3100]\n";
        refused(&[("group_vars/all.yml", &format!("{vars}{more}")), ("playbooks/site.yml", roles)])
    };
    insta::assert_snapshot!(with(
        "telegraf_inputs: { internal: }\ngrafana_config_extra: { smtp: { to: [a, b] } }\nalloy_environment: { KEY: \"a\\nb\" }\n"
    )?);
    insta::assert_snapshot!(with(
        "telegraf_environment: { KEY: [a] }\ngrafana_config_extra: { smtp: { password: '50%(user)s' } }\n"
    )?);
    Ok(())
}
