//! The line that a host keeps.

use crate::ability::memory::manifest::{Before, Item, Manifest, Owned};
use insta::assert_snapshot;
use proptest::prelude::*;

#[test]
fn the_format_stays() {
    let path = || "/etc/app/a b".to_owned();
    let items = vec![
        Item::File { path: path(), before: Before::Original("abc".into()) },
        Item::Directory { path: path(), before: Before::Same },
        Item::Service { unit: "app.service".into(), before: Before::Nothing },
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
    assert_snapshot!(manifest.to_line(), @r#"{"format":1,"resources":[{"project":"p","role":"r","resource":"r/step/file:/etc/app","purge":"data","items":[{"is":"file","path":"/etc/app/a b","before":{"original":"abc"}},{"is":"directory","path":"/etc/app/a b","before":"same"},{"is":"service","unit":"app.service","before":"nothing"}]}],"services":{"app.service":{"/etc/app":"sum"}}}"#);
}

#[test]
fn what_cannot_be_read() {
    let error = |line: &str| Manifest::parse(line).unwrap_err().to_string();
    assert_snapshot!(error(""), @"the manifest on the host is damaged: EOF while parsing a value at line 1 column 0");
    assert_snapshot!(error("{\"format\":1,\"resources\":[]"), @"the manifest on the host is damaged: EOF while parsing an object at line 1 column 26");
    assert_snapshot!(error("{\"format\":1,\"resources\":3,\"services\":{}}"), @"the manifest on the host is damaged: invalid type: integer `3`, expected a sequence at line 1 column 25");
    assert_snapshot!(error("{\"format\":2,\"what\":\"else\"}"), @"the manifest on the host has format 2; this solti knows formats up to 1. Use a newer solti");
}

#[test]
fn who_has_what() {
    let item = Item::File { path: "/a".into(), before: Before::Nothing };
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
    assert_eq!(manifest.owner_of((1, "/a")), None, "a folder is not a file");
}

fn any_item() -> impl Strategy<Value = Item> {
    let before = prop_oneof![Just(Before::Nothing), Just(Before::Same), any::<String>().prop_map(Before::Original)];
    (0..6, any::<String>(), before).prop_map(|(kind, name, before)| match kind {
        0 => Item::File { path: name, before },
        1 => Item::Directory { path: name, before },
        2 => Item::Service { unit: name, before },
        3 => Item::Package { name, before },
        4 => Item::User { name, before },
        _ => Item::Group { name, before },
    })
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
