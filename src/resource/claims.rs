//! What a resource has on a host, from its names and paths alone: enough to take it away.

use super::Files;
use super::arguments::{account_name, path, unit_name};
use super::influxdb::token_files;
use super::scope::Scope;
use crate::ability::memory::manifest::{Before, Item};
use crate::quadlet::Named;
use crate::role::ResourceKind;
use crate::source::Diagnostics;
use crate::template::RenderError;
use crate::yaml::Node;

/// The things of a resource in the order made, from arguments without content.
///
/// # Errors
/// A path or name that is none; or the home of a user that is not known yet.
pub fn claims(kind: ResourceKind, arguments: &Node, files: &dyn Files) -> Result<Vec<Item>, RenderError> {
    let scope = match arguments.get("user").map(Node::string).transpose()?.as_deref() {
        None | Some("" | "root") => Scope::default(),
        Some(user) => Scope::of(Some(user.to_owned()), files)?,
    };
    if kind == ResourceKind::InfluxdbTokens {
        let files = token_files(arguments, &files.secrets_folder()?)?;
        return Ok(files.into_iter().map(|path| Item::File { path, before: Before::Nothing }).collect());
    }
    Ok(items(kind, arguments, &scope)?)
}

fn items(kind: ResourceKind, arguments: &Node, scope: &Scope) -> Result<Vec<Item>, Diagnostics> {
    let get = |key: &str| arguments.get(key);
    let before = Before::Nothing;
    let file = |key: &str| match get(key) {
        Some(node) => Ok(vec![Item::File { path: path(node)?, before: before.clone() }]),
        None => Ok(Vec::new()),
    };
    match kind {
        ResourceKind::File | ResourceKind::Symlink => file("path"),
        ResourceKind::Template => file("dest"),
        ResourceKind::Directory => match get("path") {
            Some(node) => Ok(vec![Item::Directory { path: path(node)?, before }]),
            None => Ok(Vec::new()),
        },
        ResourceKind::Config => config(arguments),
        ResourceKind::User => match get("name") {
            Some(node) => Ok(vec![Item::User { name: account_name(node)?, before }]),
            None => Ok(Vec::new()),
        },
        ResourceKind::Group => match get("name") {
            Some(node) => Ok(vec![Item::Group { name: account_name(node)?, before }]),
            None => Ok(Vec::new()),
        },
        ResourceKind::Package => {
            let names = match get("name").or_else(|| get("names")) {
                Some(node) => node.strings()?,
                None => Vec::new(),
            };
            Ok(names.into_iter().map(|name| Item::Package { name, before: before.clone() }).collect())
        }
        ResourceKind::Unit => match get("name") {
            Some(node) => {
                let unit = unit_name(node)?;
                match get("drop_in") {
                    Some(name) => {
                        let path = super::unit::drop_in_path(scope, &unit, &name.string()?);
                        let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder).to_owned();
                        Ok(vec![Item::Directory { path: folder, before: before.clone() }, Item::File { path, before }])
                    }
                    None => Ok(vec![Item::File { path: super::unit::unit_path(scope, &unit), before }]),
                }
            }
            None => Ok(Vec::new()),
        },
        ResourceKind::Quadlet => match get("name").map(Node::string).transpose()? {
            Some(name) => {
                let drop_in = get("drop_in").map(Node::string).transpose()?;
                let quadlet = Named::parse(&name, "");
                Ok(quadlet
                    .map(|quadlet| super::quadlet::claims(scope, &quadlet, drop_in.as_deref()))
                    .unwrap_or_default())
            }
            None => Ok(Vec::new()),
        },
        ResourceKind::Service => match get("name") {
            Some(node) => Ok(vec![Item::Service { unit: scope.key(&unit_name(node)?), before }]),
            None => Ok(Vec::new()),
        },
        ResourceKind::Absent
        | ResourceKind::Command
        | ResourceKind::InfluxdbSetup
        | ResourceKind::InfluxdbBucket
        | ResourceKind::InfluxdbTokens => Ok(Vec::new()),
    }
}

fn config(arguments: &Node) -> Result<Vec<Item>, Diagnostics> {
    let Some(folder) = arguments.get("dir") else { return Ok(Vec::new()) };
    let folder = path(folder)?;
    let mut items = vec![Item::Directory { path: folder.clone(), before: Before::Nothing }];
    if let Some(files) = arguments.get("files") {
        for file in files.sequence()? {
            if let Some(dest) = file.get("dest") {
                items.push(Item::File { path: super::config::relative(dest, &folder)?, before: Before::Nothing });
            }
        }
    }
    Ok(items)
}
