//! What templates see of other hosts, of facts, and of layers of variables.

use super::{file, json, layer, node};
use crate::source::SourceFile;
use crate::template::{Hosts, Rank, RenderError};
use indexmap::IndexMap;
use insta::assert_snapshot;
use std::sync::Arc;

fn hosts() -> Arc<Hosts> {
    let all = vec!["one.example".to_owned(), "two".to_owned()];
    let mut hosts = Hosts::new(IndexMap::from([
        ("all".to_owned(), all),
        ("web".to_owned(), vec!["one.example".to_owned()]),
        ("db".to_owned(), vec!["one.example".to_owned()]),
    ]));
    hosts.insert(
        "one.example",
        vec![layer(Rank::Inventory, "one.yml", "addr: 10.0.0.1\npeer: \"{{ hostvars['two'].addr }}\"\n")],
    );
    let two = "addr: \"10.0.0.{{ last }}\"\nlast: 2\nloop_: \"{{ hostvars['one.example'].peer_of_two }}\"\n";
    hosts.insert("two", vec![layer(Rank::Inventory, "two.yml", two)]);
    hosts.insert_implicit("localhost", vec![layer(Rank::Inventory, "local.yml", "ansible_connection: local\n")]);
    Arc::new(hosts)
}

#[test]
fn what_every_host_sees() {
    let scope = hosts().scope("one.example").unwrap();
    let text = "['{{ inventory_hostname }}', '{{ inventory_hostname_short }}', '{{ group_names }}', '{{ groups.web }}', \
                '{{ peer }}', '{{ hostvars.two.addr }}', '{{ hostvars | list }}', '{{ vars.addr }}', \
                \"{{ groups['none'] | default([]) }}\"]";
    assert_snapshot!(json(&scope, text), @r#"["one.example","one",["db","web"],["one.example"],"10.0.0.2","10.0.0.2",["one.example","two"],"10.0.0.1",[]]"#);
    assert_snapshot!(json(&scope, "a: \"{{ hostvars['three'].addr }}\"\n"), @r#"
    error: `hostvars['three']` is undefined
     --> play.yml:1:16
      |
    1 | a: "{{ hostvars['three'].addr }}"
      |                ^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_localhost_of_no_inventory_is_there_by_its_name_alone() {
    let scope = hosts().scope("two").unwrap();
    let text = "{{ hostvars | list }} {{ hostvars | length }} {% for h in hostvars %}{{ h }},{% endfor %} \
                {{ hostvars.localhost.ansible_connection }} {{ 'localhost' in hostvars }}";
    assert_snapshot!(file(&scope, text), @"['one.example', 'two'] 2 one.example,two, local True");
}

#[test]
fn how_hosts_reach_one_another() {
    let mut hosts = Hosts::new(IndexMap::new());
    hosts.insert("own", vec![layer(Rank::Inventory, "own.yml", "ansible_host: 192.0.2.1\n")]);
    hosts.insert("app", vec![layer(Rank::Inventory, "app.yml", "ansible_host: '{{ net }}::5'\nnet: '2001:db8'\n")]);
    hosts.insert("forwarded", vec![layer(Rank::Inventory, "forwarded.yml", "ansible_host: 127.0.0.1\n")]);
    hosts.insert("localhost", Vec::new());
    let scope = Arc::new(hosts).scope("own").unwrap();
    let text = "['{{ host_address(\"own\") }}', '{{ host_address(\"own\", listens=\"[::]\") }}', \
                '{{ host_address(\"app\") }}', '{{ host_address(\"app\", listens=\"127.0.0.1\") }}', \
                '{{ host_address(\"app\", listens=\"10.0.0.5\") }}', '{{ host_address(\"app\", listens=\"0.0.0.0\") }}', \
                '{{ host_address(\"forwarded\") }}']";
    assert_snapshot!(json(&scope, text), @r#"["127.0.0.1","[::1]","[2001:db8::5]","[2001:db8::5]","10.0.0.5","[2001:db8::5]","forwarded"]"#);
    let urls = [
        "http://app:1/x",
        "http://192.0.2.1:8086",
        "https://u:p@[2001:db8::5]",
        "http://[::1]:1/",
        "localhost:2",
        "http://else",
    ];
    let text = urls.map(|url| format!("'{{{{ host_of_url(\"{url}\") }}}}'")).join(", ");
    assert_snapshot!(json(&scope, &format!("[{text}]")), @r#"["app","own","app","own","own",""]"#);
    assert_snapshot!(json(&scope, "a: \"{{ host_address('none') }}\"\n"), @r#"
    error: host_address: no host `none` in the inventory
     --> play.yml:1:8
      |
    1 | a: "{{ host_address('none') }}"
      |        ^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn facts_are_waited_for() {
    let hosts = hosts();
    let scope = hosts.scope("one.example").unwrap();
    let layered = scope.with_layer(layer(Rank::Play, "play.yml", "family: \"{{ ansible_os_family | lower }}\"\n"));
    for text in ["'{{ family }}'", "'{{ ansible_facts.os_family }}'", "'{{ ansible_os_family | default(1) }}'"] {
        assert!(matches!(layered.render(&node(text)), Err(RenderError::NeedsFacts)), "{text}");
    }
    assert!(matches!(layered.evaluate(&node("ansible_kernel is defined")), Err(RenderError::NeedsFacts)));
    assert!(matches!(
        layered.render_template(&SourceFile::named("t", "{{ hostvars['two'].ansible_os_family }}")),
        Err(RenderError::NeedsFacts)
    ));
    // an error is found although something else has to wait
    assert!(matches!(layered.render(&node("['{{ family }}', '{{ nope }}']")), Err(RenderError::Invalid(_))));
    let facts = serde_json::json!({ "os_family": "Debian", "default_ipv4": { "address": "10.1.1.1" } });
    hosts.set_facts("one.example", facts.as_object().unwrap());
    let text = "['{{ family }}', '{{ ansible_facts.os_family }}', '{{ ansible_default_ipv4.address }}', '{{ addr }}']";
    assert_snapshot!(json(&layered, text), @r#"["debian","Debian","10.1.1.1","10.0.0.1"]"#);
    assert_snapshot!(json(&layered, "'{{ ansible_kernel }}'"), @"
    error: `ansible_kernel` is undefined
     --> play.yml:1:5
      |
    1 | '{{ ansible_kernel }}'
      |     ^^^^^^^^^^^^^^
      |
      = help: not every host has this fact
    ");
}

#[test]
fn facts_of_other_hosts_are_waited_for() {
    let hosts = hosts();
    let scope = hosts.scope("one.example").unwrap();
    let ways = [
        ("hostvars['two'].ansible_os_family", "Debian"),
        ("hostvars['two'].get('ansible_os_family')", "Debian"),
        ("hostvars['two'].get('ansible_os_family', 'none')", "Debian"),
        ("['two'] | map('extract', hostvars, 'ansible_os_family') | join", "Debian"),
        ("['two'] | map('extract', hostvars, ['ansible_facts', 'os_family']) | first", "Debian"),
        ("['two'] | map('extract', hostvars) | map(attribute='ansible_os_family') | list | join", "Debian"),
        ("['two'] | map('extract', hostvars) | map(attribute='ansible_os_family') | join", "Debian"),
        ("['two'] | map('extract', hostvars) | sum(attribute='ansible_os_family', start='')", "Debian"),
        ("(['two'] | map('extract', hostvars) | selectattr('ansible_os_family') | first).addr", "10.0.0.2"),
        ("['two'] | map('extract', hostvars) | selectattr('ansible_os_family', 'eq', 'Debian') | length", "1"),
        ("['two'] | map('extract', hostvars) | groupby('ansible_os_family') | map('first') | join", "Debian"),
        ("'two' | extract(hostvars, 'ansible_os_family')", "Debian"),
        ("['two'] | map('extract', hostvars) | map(attribute='ansible_facts.os_family') | first", "Debian"),
        ("['two'] | map('extract', hostvars) | selectattr('ansible_facts.os_family', 'defined') | length", "1"),
        ("hostvars.values() | map(attribute='ansible_os_family', default='none') | list | last", "Debian"),
        ("(hostvars.two | dict2items | selectattr('key', 'eq', 'ansible_facts') | first).value.os_family", "Debian"),
        (
            "hostvars.two | dict2items | selectattr('value', 'defined') | selectattr('value', 'eq', 'Debian') | length",
            "1",
        ),
        ("(hostvars.two | combine({})).ansible_os_family", "Debian"),
        ("(hostvars.two.items() | list)[-1] | length", "2"),
        ("hostvars.two | dict2items | selectattr('value', 'defined') | map(attribute='key') | last", "last"),
        ("hostvars.two | attr('ansible_os_family')", "Debian"),
        ("hostvars.two | length > 6", "True"),
        ("'ansible_os_family' in hostvars.two.keys()", "True"),
        ("hostvars.two | list | select('eq', 'ansible_os_family') | first | length", "17"),
        ("vars.get('ansible_os_family', 'none')", "Suse"),
    ];
    let render = |text: &str| match scope.render_template(&SourceFile::named("t", format!("{{{{ {text} }}}}"))) {
        Err(RenderError::NeedsFacts) => "needs facts".to_owned(),
        other => other.unwrap_or_else(|error| error.to_string()),
    };
    for (text, _) in ways {
        assert_eq!(render(text), "needs facts", "{text}");
    }
    let keys = "{% for k in hostvars.two %}{{ k }}{% endfor %}";
    assert!(matches!(scope.render_template(&SourceFile::named("t", keys)), Err(RenderError::NeedsFacts)));
    let whole = "{% for k, v in hostvars.two.items() %}{{ k }}={{ v }}{% endfor %}";
    assert!(matches!(scope.render_template(&SourceFile::named("t", whole)), Err(RenderError::NeedsFacts)));
    assert!(matches!(scope.render(&node("\"{{ hostvars['two'] }}\"")), Err(RenderError::NeedsFacts)));
    assert!(matches!(scope.render(&node("\"{{ hostvars['two'] | dict2items }}\"")), Err(RenderError::NeedsFacts)));
    assert!(matches!(scope.values(&node("\"{{ hostvars.two | dict2items }}\"")), Err(RenderError::NeedsFacts)));
    for condition in [
        "\"hostvars['two'].get('ansible_os_family') == 'Debian'\"",
        "\"'Debian' in (['two'] | map('extract', hostvars, 'ansible_os_family'))\"",
        "\"'Debian' in (['two'] | map('extract', hostvars) | map(attribute='ansible_os_family'))\"",
        "\"{'key': 'ansible_os_family', 'value': 'Debian'} in (hostvars.two | dict2items)\"",
    ] {
        assert!(matches!(scope.evaluate(&node(condition)), Err(RenderError::NeedsFacts)), "{condition}");
    }
    // what does not need them is not kept waiting
    assert_eq!(render("['two'] | map('extract', hostvars, 'addr') | join"), "10.0.0.2");
    assert_eq!(render("hostvars.two.get('addr')"), "10.0.0.2");
    assert_eq!(render("hostvars | length"), "2");
    for (name, family) in [("one.example", "Suse"), ("two", "Debian")] {
        hosts.set_facts(name, serde_json::json!({ "os_family": family }).as_object().unwrap());
    }
    for (text, expected) in ways {
        assert_eq!(render(text), expected, "{text}");
    }
    for all in ["hostvars.two | to_json", "hostvars.two", "hostvars.two | dict2items | items2dict"] {
        let error = render(all);
        assert!(
            error.starts_with("error: `hostvars['one.example'].peer_of_two` is undefined\n --> two.yml:3"),
            "{error}"
        );
    }
}

#[test]
fn layers_win_in_order() {
    let scope = hosts()
        .scope("two")
        .unwrap()
        .with_layer(layer(Rank::Extra, "extra", "a: extra\n"))
        .with_layer(layer(Rank::Defaults, "role.yml", "a: default\nb: default\nlast: 9\n"))
        .with_layer(layer(Rank::Role, "play.yml", "a: role\nb: role\n"))
        .with_layer(layer(Rank::Play, "play.yml", "a: play\nb: play\nlast: 3\n"))
        .with_magic("role_name", "loki");
    assert_snapshot!(json(&scope, "'{{ a }} {{ b }} {{ last }} {{ addr }} {{ role_name }}'"), @r#""extra role 3 10.0.0.3 loki""#);
}
