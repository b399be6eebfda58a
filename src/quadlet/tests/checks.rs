//! What is found wrong with a quadlet.

use super::{quadlet, told};
use crate::quadlet::keys::{QUADLET, of_kind};
use crate::quadlet::{Kind, Version, check};
use insta::assert_snapshot;

fn checked(name: &str, text: &str, podman: Option<Version>) -> String {
    let quadlet = quadlet(name, text);
    told(&check(quadlet.kind, &quadlet.unit, podman))
}

#[test]
fn slips_of_the_hand_are_told_with_what_was_meant() {
    let text = "[Contaner]\n[Container]\nImage=docker.io/grafana/loki:3.5.0\nPublishPorts=1:1\nFrobnicate=1\n[Quadlet]\nDefaultDependency=no\n[Volume]\n[X-Mine]\na=b\n";
    assert_snapshot!(checked("x.container", text, None), @"
    1: a .container file has no section [Contaner] (did you mean [Container]?)
    4: [Container] has no key PublishPorts= (did you mean PublishPort=?)
    5: [Container] has no key Frobnicate=
    7: [Quadlet] has no key DefaultDependency= (did you mean DefaultDependencies=?)
    8: a .container file has no section [Volume] (it belongs into a .volume file of its own)
    ");
}

#[test]
fn what_is_too_new_for_the_host_is_told() {
    let text = "[Container]\nImage=localhost/x\nGroupAdd=a\nPublishPort=1:1\nServiceName=y\n[Quadlet]\nDefaultDependencies=no\n";
    assert_snapshot!(checked("x.container", text, Some(Version::new(4, 9))), @"
    3: GroupAdd= needs podman 5.1; the host has 4.9
    5: ServiceName= needs podman 5.3; the host has 4.9
    7: DefaultDependencies= needs podman 5.3; the host has 4.9
    ");
    assert_eq!(checked("x.container", text, Some(Version::new(5, 4))), "");
    assert_eq!(checked("x.container", text, None), "");
    let image = "\n[Image]\nImage=localhost/x\n";
    assert_snapshot!(checked("x.image", image, Some(Version::new(4, 4))), @"2: a .image file needs podman 4.8; the host has 4.4");
    assert_snapshot!(checked("x.volume", "", Some(Version::new(4, 3))), @"1: a .volume file needs podman 4.4; the host has 4.3");
}

#[test]
fn containers_and_images_need_an_image() {
    assert_snapshot!(checked("x.container", "[Unit]\n[Container]\nExec=a\n", None), @"2: a container needs Image= (or Rootfs=)");
    assert_snapshot!(checked("x.container", "[Container]\nImage=localhost/a\nRootfs=/b\n", None), @"1: a container has either Image= or Rootfs=");
    assert_snapshot!(checked("x.container", "", None), @"1: a container needs Image= (or Rootfs=)");
    assert_snapshot!(checked("x.image", "[Image]\nImage=\n", None), @"1: an image needs Image=");
    assert_snapshot!(checked("x.volume", "[Volume]\nDriver=image\n", None), @"1: a volume with Driver=image needs Image=");
    assert_eq!(checked("x.container", "[Container]\nRootfs=/x\n", None), "");
    assert_eq!(checked("x.volume", "[Volume]\n", None), "");
    assert_eq!(checked("x.network", "[Network]\n", None), "");
}

#[test]
fn image_names_must_be_whole() {
    let container = |image: &str| checked("x.container", &format!("[Container]\nImage={image}\n"), None);
    assert_snapshot!(container("grafana/loki:3.5.0"), @"2: the image `grafana/loki:3.5.0` has no registry in its name (write all of it, such as docker.io/grafana/loki:3.5.0)");
    assert_snapshot!(container("nginx"), @"2: the image `nginx` has no registry in its name (write all of it, such as docker.io/library/nginx)");
    for image in [
        "docker.io/grafana/loki:3.5.0",
        "localhost/x",
        "registry:5000/x",
        "x.image",
        "x.build",
        "sha256:0123",
        "%i/x",
        "docker-archive:/x.tar",
    ] {
        assert_eq!(container(image), "");
    }
}

#[test]
fn tables_of_keys_are_sorted_and_name_each_key_once() {
    for keys in Kind::ALL.into_iter().map(of_kind).chain([QUADLET]) {
        assert!(keys.is_sorted_by(|one, other| one.name < other.name));
        assert!(keys.iter().all(|key| key.since >= Version::FIRST_WITH_QUADLETS));
    }
}
