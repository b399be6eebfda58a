//! The line that a host keeps.

use crate::ability::memory::manifest::{Before, Item, ItemKind, Manifest, Owned};
use insta::assert_snapshot;
use proptest::prelude::*;

#[test]
fn the_format_stays() {
    let path = || "/etc/app/a b".to_owned();
    let items = vec![
        Item { kind: ItemKind::File, name: path(), before: Before::Original("abc".into()) },
        Item { kind: ItemKind::Directory, name: path(), before: Before::Same },
        Item { kind: ItemKind::Service, name: "app.service".into(), before: Before::Nothing },
    ];
    let (project, role, resource) = ("p".to_owned(), "r".to_owned(), "r/step/file:/etc/app".to_owned());
    let owned = Owned {
        project,
        named: false,
        playbook: None,
        role,
        resource,
        purge: Some("data".into()),
        failed: false,
        items,
    };
    let inputs = [("/etc/app".to_owned(), "sum".to_owned())].into();
    let services = [("app.service".to_owned(), inputs)].into();
    let manifest = Manifest { resources: vec![owned], services, ..Manifest::default() };
    assert_snapshot!(manifest.to_line(), @r#"{"format":2,"resources":[{"project":"p","role":"r","resource":"r/step/file:/etc/app","purge":"data","items":[{"kind":"file","name":"/etc/app/a b","before":{"original":"abc"}},{"kind":"directory","name":"/etc/app/a b","before":"same"},{"kind":"service","name":"app.service","before":"nothing"}]}],"services":{"app.service":{"/etc/app":"sum"}}}"#);
    // by which a host's shell knows that it has something
    let line = manifest.to_line();
    assert!(manifest.resources.iter().flat_map(|owned| &owned.items).all(|item| line.contains(&item.words())));
    let longer = Item { kind: ItemKind::Service, name: "app".into(), before: Before::Nothing };
    assert!(!line.contains(&longer.words()));
}

/// As a host had it whose resources were made by a solti that wrote format 1.
const FORMAT_1: &str = include_str!("data/format_1.json");

#[test]
fn the_format_before_is_read_and_written_as_this_one() {
    let manifest = Manifest::parse(FORMAT_1).unwrap();
    let items = manifest.resources.iter().flat_map(|owned| &owned.items);
    let items: Vec<String> = items.map(|Item { kind, name, before }| format!("{kind:?} {name} {before:?}")).collect();
    assert_snapshot!(items.join("\n"), @r#"
    Group app Nothing
    User app Nothing
    Directory /srv/app Nothing
    File /etc/motd Original("a5017c23a9f6ed2d1b4e0840")
    File /etc/app-link Nothing
    Package curl Same
    Directory /etc/containers/systemd Same
    File /etc/containers/systemd/data.volume Nothing
    Service data-volume.service Nothing
    Volume systemd-data Nothing
    Directory /etc/containers/systemd Same
    File /etc/containers/systemd/inner.network Nothing
    Service inner-network.service Nothing
    Network systemd-inner Nothing
    File /etc/systemd/system/app.service Nothing
    Service app.service Nothing
    "#);
    assert_eq!(manifest.resources[0].role, "resources of Things");
    assert_eq!(manifest.services["app.service"].len(), 1);
    let line = manifest.to_line();
    assert!(line.starts_with(r#"{"format":2,"#) && !line.contains(r#""is":"#), "{line}");
    assert_eq!(Manifest::parse(&line).unwrap(), manifest);
    // what a role that was put back has left is noted by itself, without a format
    let left = r#"{"project":"p","playbook":"site.yml","role":"r","resource":"r/s/group:made","failed":true,"items":[{"is":"group","name":"made","before":"nothing"}]}"#;
    let left: Owned = serde_json::from_str(left).unwrap();
    assert_eq!(left.items, [Item { kind: ItemKind::Group, name: "made".into(), before: Before::Nothing }]);
    for is in [r#""is":"container","name":"web""#, r#""is":"container","path":"web""#] {
        let item: Item = serde_json::from_str(&format!("{{{is},\"before\":\"same\"}}")).unwrap();
        assert_eq!(item.key(), (ItemKind::Container, "web"));
    }
}

#[test]
fn what_cannot_be_read() {
    let error = |line: &str| Manifest::parse(line).unwrap_err().to_string();
    assert_snapshot!(error(""), @"the manifest on the host is damaged: EOF while parsing a value at line 1 column 0");
    assert_snapshot!(error("{\"format\":1,\"resources\":[]"), @"the manifest on the host is damaged: EOF while parsing an object at line 1 column 26");
    assert_snapshot!(error("{\"format\":1,\"resources\":3,\"services\":{}}"), @"the manifest on the host is damaged: invalid type: integer `3`, expected a sequence at line 1 column 25");
    assert_snapshot!(error("{\"format\":3,\"what\":\"else\"}"), @"the manifest on the host has format 3; this solti knows formats up to 2. Use a newer solti");
}

#[test]
fn who_has_what() {
    let item = Item { kind: ItemKind::File, name: "/a".into(), before: Before::Nothing };
    let (project, role, resource) = ("p".to_owned(), "r".to_owned(), "id".to_owned());
    let owned = Owned {
        project,
        named: false,
        playbook: None,
        role,
        resource,
        purge: None,
        failed: false,
        items: vec![item.clone()],
    };
    let manifest = Manifest { resources: vec![owned.clone()], ..Manifest::default() };
    assert_eq!(manifest.owner_of(item.key()), Some((&owned, &item)));
    assert_eq!(manifest.owner_of((ItemKind::Directory, "/a")), None, "a folder is not a file");
}

fn any_item() -> impl Strategy<Value = Item> {
    let before = prop_oneof![Just(Before::Nothing), Just(Before::Same), any::<String>().prop_map(Before::Original)];
    let kinds = [
        ItemKind::File,
        ItemKind::Directory,
        ItemKind::Service,
        ItemKind::Package,
        ItemKind::User,
        ItemKind::Group,
        ItemKind::Container,
        ItemKind::Volume,
        ItemKind::Network,
    ];
    let kind = (0..kinds.len()).prop_map(move |at| kinds[at]);
    (kind, any::<String>(), before).prop_map(|(kind, name, before)| Item { kind, name, before })
}

proptest! {
    #[test]
    fn a_line_is_read_as_it_was_written(
        names in any::<[String; 3]>(),
        named in any::<bool>(),
        purge in any::<Option<String>>(),
        items in proptest::collection::vec(any_item(), 0..4),
        inputs in proptest::collection::btree_map(any::<String>(), any::<String>(), 0..3),
    ) {
        let [project, role, resource] = names;
        let services = [(role.clone(), inputs)].into();
        let resources = vec![Owned { project, named, playbook: None, role, resource, purge, failed: false, items }];
        let manifest = Manifest { resources, services, ..Manifest::default() };
        let line = manifest.to_line();
        prop_assert!(!line.contains('\n'));
        prop_assert_eq!(Manifest::parse(&line)?, manifest);
    }
}
