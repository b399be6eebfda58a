//! `package`: software from the distribution or from a repository whose key is known by its fingerprint.

use super::arguments::{brought, plain_name};
use super::content::Content;
use super::service::KNOWN_AFTER_APPLY;
use super::{Draft, Files, Planned, Resource, before, openpgp};
use crate::plan::change::{Action, Detail};
use crate::plan::manifest::{Before, Item};
use crate::plan::operation::{Attributes, Operation};
use crate::plan::probe::Probe;
use crate::plan::state::State;
use crate::secret::Taint;
use crate::source::{Diagnostic, Diagnostics};
use crate::template::RenderError;
use crate::yaml::{Fields, Node};

/// Packages, and where they come from. Package managers beside apt get their place here.
#[derive(Debug)]
pub struct Package {
    names: Vec<String>,
    version: Option<String>,
    latest: bool,
    recommends: bool,
    /// The source's description and its key, as apt reads them from `/etc/apt`.
    repository: Vec<Content>,
}

impl Package {
    /// `package: {name | names, version, state: present|latest, recommends, repository: {name, uris, suites, components,
    /// architectures, key: {src | content, fingerprint}}}`
    ///
    /// # Errors
    /// What is wrong with the arguments; a key whose fingerprint is another one.
    pub fn parse(node: &Node, files: &dyn Files) -> Result<Self, RenderError> {
        let mut fields = Fields::new(node, "package")?;
        let name = fields.get("name");
        let names = fields.get("names");
        if name.is_none() && names.is_none() {
            let error = Diagnostic::at(fields.span(), "`package` needs `name` (or `names`)");
            fields.error(error);
        }
        let names = fields.read(name.or(names), package_names);
        let version = fields.string("version");
        let state = fields.get("state");
        let latest = fields.read(state, is_latest).unwrap_or(false);
        let recommends = fields.boolean("recommends").unwrap_or(true);
        let repository = match fields.get("repository") {
            Some(node) => brought(&mut fields, repository(node, files))?.unwrap_or_default(),
            None => Vec::new(),
        };
        let names = fields.finish_with(names)?;
        Ok(Self { names, version, latest, recommends, repository })
    }

    /// Whether the installed version is what is wanted; `2.53.*` stands for all that begin like it.
    fn fits(&self, installed: &str, candidate: Option<&String>) -> bool {
        match &self.version {
            Some(version) => {
                version.strip_suffix('*').map_or(installed == version, |prefix| installed.starts_with(prefix))
            }
            None => !self.latest || candidate.is_none_or(|candidate| candidate == installed),
        }
    }
}

fn is_latest(node: &Node) -> Result<bool, Diagnostics> {
    match node.string()?.as_str() {
        "present" => Ok(false),
        "latest" => Ok(true),
        other => {
            let error = Diagnostic::at(&node.span, format!("`state` is `present` or `latest`, not `{other}`"));
            let hint = "what a role stops declaring is left installed; a role with `state: absent` removes what it \
                        installed";
            Err(error.hint(hint).into())
        }
    }
}

fn package_names(node: &Node) -> Result<Vec<String>, Diagnostics> {
    let names = node.strings()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | ':' | '_');
    match names.iter().find(|name| name.is_empty() || name.starts_with('-') || !name.chars().all(plain)) {
        Some(name) => Err(Diagnostic::at(&node.span, format!("`{name}` is no name of a package")).into()),
        None => Ok(names),
    }
}

/// The files that make apt know a repository, in its deb822 format (sources.list(5)).
fn repository(node: &Node, files: &dyn Files) -> Result<Vec<Content>, RenderError> {
    let mut fields = Fields::new(node, "repository")?;
    let name = fields.required("name");
    let name = fields.read(name, |node| plain_name(node, "a repository"));
    let uris = fields.required("uris");
    let uris = fields.read(uris, Node::strings);
    let suites = fields.required("suites");
    let suites = fields.read(suites, Node::strings);
    let components = fields.strings("components").unwrap_or_default();
    let architectures = fields.strings("architectures").unwrap_or_default();
    let key = match fields.required("key") {
        Some(node) => brought(&mut fields, key(node, files))?,
        None => None,
    };
    let ((name, uris), (suites, key)) = fields.finish_with(name.zip(uris).zip(suites.zip(key)))?;
    let key_path = format!("/etc/apt/keyrings/{name}.{}", if key.starts_with(b"-----BEGIN") { "asc" } else { "gpg" });
    let mut text = format!("Types: deb\nURIs: {}\nSuites: {}\n", uris.join(" "), suites.join(" "));
    for (field, values) in [("Components", components), ("Architectures", architectures)] {
        if !values.is_empty() {
            text.push_str(&format!("{field}: {}\n", values.join(" ")));
        }
    }
    text.push_str(&format!("Signed-By: {key_path}\n"));
    let attributes = Attributes { owner: Some("root".into()), group: Some("root".into()), mode: Some(0o644) };
    let file =
        |path, bytes| Content { path, bytes, attributes: attributes.clone(), secret: false, taint: Taint::default() };
    Ok(vec![file(key_path, key), file(format!("/etc/apt/sources.list.d/{name}.sources"), text.into_bytes())])
}

/// A repository's key, which must have the fingerprint that the user trusts.
fn key(node: &Node, files: &dyn Files) -> Result<Vec<u8>, RenderError> {
    let mut fields = Fields::new(node, "key")?;
    let (src, content) = (fields.get("src"), fields.string("content"));
    let wanted = fields.required("fingerprint");
    let bytes = match (src, content) {
        (Some(src), None) => brought(&mut fields, files.file(src))?,
        (None, Some(content)) => Some(content.into_bytes()),
        _ => {
            let error = Diagnostic::at(fields.span(), "`key` needs `src` (a file of the role) or `content`");
            fields.error(error);
            None
        }
    };
    let fingerprint = fields.read(wanted, Node::string);
    if let (Some(bytes), Some(fingerprint), Some(node)) = (&bytes, &fingerprint, wanted) {
        let plain: String = fingerprint.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
        match openpgp::fingerprint(bytes) {
            Err(reason) => {
                fields.error(Diagnostic::at(&node.span, format!("the repository's key cannot be read: {reason}")))
            }
            Ok(found) if found != plain => {
                let error = Diagnostic::at(&node.span, "the repository's key has another fingerprint")
                    .label(format!("the key has {found}"));
                fields.error(
                    error.hint(
                        "if the vendor has changed its key, compare the new fingerprint with the vendor's own page",
                    ),
                );
            }
            Ok(_) => {}
        }
    }
    Ok(fields.finish_with(bytes)?)
}

impl Resource for Package {
    fn name(&self) -> String {
        self.names.join(",")
    }

    fn ask(&self, probe: &mut Probe) {
        for name in &self.names {
            probe.package(name, self.latest || self.version.is_some());
        }
        for content in &self.repository {
            content.ask(probe);
        }
        probe.tool("apt-get");
    }

    fn claims(&self) -> Vec<Item> {
        let packages = self.names.iter().map(|name| Item::Package { name: name.clone(), before: Before::Nothing });
        packages.chain(self.repository.iter().map(Content::claim)).collect()
    }

    fn declare(&self, state: &mut State) {
        self.repository.iter().for_each(|content| content.declare(state));
    }

    fn texts(&self) -> Vec<(String, Vec<u8>)> {
        self.repository.iter().map(Content::text).collect()
    }

    fn contents_mut(&mut self) -> Vec<&mut Content> {
        self.repository.iter_mut().collect()
    }

    /// Packages of one vendor come from one repository.
    fn shares(&self) -> bool {
        true
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        let mut planned = Planned::default();
        let (mut details, mut operations, mut bodies) = (Vec::new(), Vec::new(), Vec::new());
        for content in &self.repository {
            let difference = content.compare(state)?;
            details.extend(difference.details);
            operations.extend(difference.operations);
            bodies.extend(difference.body);
            planned.items.extend(difference.item);
        }
        let new_source = !bodies.is_empty();
        if new_source {
            operations.push(Operation::WriteFiles {
                folder: None,
                bodies,
                removed: Vec::new(),
                validation: None,
                early: true,
            });
        }
        let (mut wanted, mut action) = (Vec::new(), None);
        let mut refresh = new_source;
        for name in &self.names {
            let installed = state.packages.get(name).cloned();
            let candidate = state.candidates.get(name).cloned();
            let claim = Item::Package { name: name.clone(), before: Before::Nothing };
            planned
                .items
                .push(Item::Package { name: name.clone(), before: before(state, &claim, installed.is_some()) });
            if installed.as_ref().is_some_and(|installed| self.fits(installed, candidate.as_ref())) {
                continue;
            }
            let target = self.version.clone().or_else(|| candidate.clone().filter(|_| self.latest));
            let shown = target.clone().unwrap_or_else(|| KNOWN_AFTER_APPLY.to_owned());
            // whichever version another resource installs will do, unless this one is particular
            if state.installing.get(name).is_some_and(|version| target.is_none() || *version == shown) {
                continue;
            }
            details.extend(Detail::value(name, installed.as_deref(), Some(&shown)));
            refresh |= self.version.is_some() || self.latest;
            wanted.push(match target {
                Some(version) => format!("{name}={version}"),
                None => name.clone(),
            });
            action = Some(if installed.is_some() { Action::Upgrade } else { action.unwrap_or(Action::Install) });
            state.packages.remove(name);
            state.installing.insert(name.clone(), shown);
        }
        if !wanted.is_empty() {
            if state.missing_tools.contains("apt-get") {
                return Err(
                    "the host has no apt-get; packages of other package managers cannot be installed yet".to_owned()
                );
            }
            operations.push(Operation::Install { packages: wanted, refresh, recommends: self.recommends });
        }
        if !operations.is_empty() {
            let action = action.unwrap_or(Action::Update);
            planned.draft = Some(Draft { action, details, operations });
        }
        Ok(planned)
    }
}
