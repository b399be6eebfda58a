//! What quadlets refer to.

use super::quadlet;
use crate::quadlet::{Inputs, Reference, inputs};
use insta::assert_snapshot;

fn listed(inputs: &Inputs) -> String {
    let lists = [
        ("images", &inputs.images),
        ("image quadlets", &inputs.image_quadlets),
        ("volumes", &inputs.volumes),
        ("networks", &inputs.networks),
        ("containers", &inputs.containers),
        ("host paths", &inputs.host_paths),
        ("environment files", &inputs.environment_files),
        ("secrets", &inputs.secrets),
    ];
    let list = |references: &Vec<Reference>| {
        references
            .iter()
            .map(|reference| format!("{}@{}", reference.name, reference.line))
            .collect::<Vec<_>>()
            .join(" ")
    };
    lists.iter().map(|(name, references)| format!("{name}: {}", list(references))).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_container_refers_to_much() {
    let text = r#"[Container]
Image=docker.io/grafana/loki:3.5.0
Volume=loki.volume:/data:Z
Volume=named:/named
Volume=/etc/loki:/etc/loki:ro
Volume=./rules:/rules
Volume=%h/x:/x
Volume=/anonymous
Network=front.network:ip=10.0.0.2
Network=host
Network=other.container
Mount=type=bind,src=/srv/a,dst=/a
Mount=type=tmpfs,dst=/b
Mount=source=more.volume,dst=/c
Mount=type=image,source=tools.image,dst=/d
Mount=type=bind,"src=/srv/b,c",dst=/e
EnvironmentFile=/etc/loki.env "/etc/two words.env"
EnvironmentFile=local.env
EnvironmentFile=%h/secret.env
Secret=password,type=env,target=PASSWORD
Secret=token
"#;
    assert_snapshot!(listed(&inputs(&quadlet("/etc/containers/systemd/loki.container", text))), @"
    images: docker.io/grafana/loki:3.5.0@2
    image quadlets: tools.image@15
    volumes: loki.volume@3 more.volume@14
    networks: front.network@9
    containers: other.container@11
    host paths: /etc/loki@5 /etc/containers/systemd/rules@6 /srv/a@12 /srv/b@16
    environment files: /etc/loki.env@17 /etc/two words.env@17 /etc/containers/systemd/local.env@18
    secrets: password@20 token@21
    ");
}

#[test]
fn images_are_referred_to_by_name_or_quadlet() {
    let image = |name: &str, text: &str| {
        let inputs = inputs(&quadlet(name, text));
        let names =
            |references: Vec<Reference>| references.into_iter().map(|reference| reference.name).collect::<Vec<_>>();
        (names(inputs.images), names(inputs.image_quadlets))
    };
    let none = Vec::<String>::new;
    assert_eq!(image("x.container", "[Container]\nImage=x.image\n"), (none(), vec!["x.image".to_owned()]));
    assert_eq!(image("x.volume", "[Volume]\nDriver=image\nImage=x.image\n"), (none(), vec!["x.image".to_owned()]));
    assert_eq!(image("x.image", "[Image]\nImage=localhost/x\n"), (vec!["localhost/x".to_owned()], none()));
    assert_eq!(image("x.container", "[Container]\nImage=localhost/x:%i\n"), (none(), none()));
    assert_eq!(image("x.network", "[Network]\n"), (none(), none()));
}
