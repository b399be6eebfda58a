//! Names of quadlets, of their services and of podman's objects.

use super::{quadlet, told};
use crate::quadlet::{Kind, Named, Version};
use insta::assert_snapshot;

#[test]
fn names_follow_the_kind() {
    let cases = [
        ("x.container", "[Container]\n"),
        ("x.volume", "[Volume]\n"),
        ("x.network", "[Network]\n"),
        ("x.image", "[Image]\nImage=docker.io/grafana/loki:3.5.0\n"),
        ("a.b.container", "[Container]\n"),
        ("x@.container", "[Container]\n"),
        ("x@one.container", "[Container]\n"),
        ("x@.volume", "[Volume]\n"),
        ("x.container", "[Container]\nContainerName=loki\nServiceName=other\n"),
        ("x.volume", "[Volume]\nVolumeName=data\nServiceName=data\n"),
        ("x.network", "[Network]\nNetworkName=front\n"),
        ("x.image", "[Image]\nImage=localhost/x\nImageTag=localhost/y\n"),
    ];
    let names: Vec<_> = cases
        .iter()
        .map(|(name, text)| {
            let quadlet = quadlet(name, text);
            let resolved = quadlet.resolved_object_name().unwrap_or_else(|| "unknown".to_owned());
            format!("{name}: {}, {} ({resolved})", quadlet.service_name(), quadlet.object_name())
        })
        .collect();
    assert_snapshot!(names.join("\n"), @"
    x.container: x.service, systemd-%N (systemd-x)
    x.volume: x-volume.service, systemd-x (systemd-x)
    x.network: x-network.service, systemd-x (systemd-x)
    x.image: x-image.service, docker.io/grafana/loki:3.5.0 (docker.io/grafana/loki:3.5.0)
    a.b.container: a.b.service, systemd-%N (systemd-a.b)
    x@.container: x@.service, systemd-%p_%i (unknown)
    x@one.container: x@one.service, systemd-%p_%i (unknown)
    x@.volume: x-volume@.service, systemd-x-%i (unknown)
    x.container: other.service, loki (loki)
    x.volume: data.service, data (data)
    x.network: x-network.service, front (front)
    x.image: x-image.service, localhost/y (localhost/y)
    ");
}

#[test]
fn other_files_are_no_quadlets() {
    assert_eq!(Kind::of("x.service"), None);
    assert_eq!(Kind::of(".container"), None);
    assert_eq!(Kind::of("container"), None);
    assert_snapshot!(told(&Named::parse("/etc/x.pod", "").unwrap_err()), @"1: `x.pod` is no name of a quadlet: expected one in .container, .volume, .network, .image");
}

#[test]
fn paths_start_at_the_folder_of_the_quadlet() {
    let quadlet = quadlet("/etc/containers/systemd/x.container", "");
    assert_eq!(quadlet.absolute("./a/../b").as_deref(), Some("/etc/containers/systemd/b"));
    assert_eq!(quadlet.absolute("../b").as_deref(), Some("/etc/containers/b"));
    assert_eq!(quadlet.absolute("/a").as_deref(), Some("/a"));
    assert_eq!(quadlet.absolute("%h/a").as_deref(), Some("%h/a"));
    assert_eq!(super::quadlet("x.container", "").absolute("a"), None);
}

#[test]
fn versions_are_read_from_what_podman_and_debian_say() {
    for text in ["podman version 4.3.1\n", "4.3.1+ds1-8+deb12u1", "4.3"] {
        assert_eq!(text.parse(), Ok(Version::new(4, 3)));
    }
    assert!("five".parse::<Version>().is_err());
    assert!(Version::new(4, 10) > Version::new(4, 9));
    assert!(Version::new(5, 0) > Version::new(4, 9));
}
