//! `service`: whether a unit runs, whether it starts at boot, and what it was last started with.

use super::arguments::{USER, milliseconds, path, running_unit, unit_name};
use super::content::is_in;
use super::reasons::{Inputs, KNOWN_AFTER_APPLY, image_input};
use super::user_scope::UserScope;
use super::{Draft, Files, Planned, Resource, ResourceKind, before};
use crate::ability::files::PathState;
use crate::ability::memory::manifest::{Before, Item, ItemKind};
use crate::ability::packages::Offers;
use crate::ability::systemd::{UnitOperation, UnitState, Verb};
use crate::ability::{Operation, Probe, StartedWith, State, scope};
use crate::plan::change::{Action, Detail};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::{Diagnostic, Diagnostics};
use crate::template::RenderError;
use crate::yaml::Node;
use std::collections::BTreeMap;

/// `service`.
pub static SERVICE: ResourceKind = ResourceKind::new(
    Schema::new(
        "service",
        &[
            Argument::new(
                "name",
                Shape::Text,
                "the unit; without a suffix it is a service. Of a template only instances can run (`app@one`)",
            )
            .required()
            .identity(),
            USER.meaning("whose service it is: in the user's own systemd; default: the system's"),
            Argument::new("running", Shape::Flag, "whether it runs").default("true"),
            Argument::new("state", Shape::Choice(&["started", "stopped"]), "the same in Ansible's words"),
            Argument::new("enabled", Shape::Flag, "whether it starts at boot; not said: left as it is"),
            Argument::new(
                "uses",
                Shape::Several(&Shape::Path),
                "files and folders whose declared content it was started with",
            ),
            Argument::new(
                "packages",
                Shape::Several(&Shape::Text),
                "packages that bring it, or whose new version is a reason to start anew",
            ),
            Argument::new(
                "on_change",
                Shape::Choice(&["restart", "reload"]),
                "`reload`: only where nothing but configuration changed and the unit can",
            )
            .default("restart"),
            Argument::new("settle", Shape::Duration, "how long it must stay up to count as started").default("1s"),
        ],
    ),
    "Whether a unit runs, whether it starts at boot, and what it was last started with.",
    |arguments, _, files| Ok(Box::new(Service::parse(arguments, files)?)),
)
.claims(|arguments, files| {
    let Some(name) = arguments.get("name") else { return Ok(Vec::new()) };
    let unit = UserScope::of_arguments(arguments, files)?.key(&unit_name(name)?);
    Ok(vec![Item { kind: ItemKind::Service, name: unit, before: Before::Nothing }])
});

/// A unit that systemd keeps running.
#[derive(Debug)]
pub struct Service {
    /// With its scope.
    unit: String,
    scope: UserScope,
    running: bool,
    enabled: Option<bool>,
    uses: Vec<String>,
    packages: Vec<String>,
    reload: bool,
    settle: u64,
}

impl Service {
    /// Reads [`SERVICE`].
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub fn parse(node: &Node, files: &dyn Files) -> Result<Self, RenderError> {
        let mut fields = Arguments::new(node, &SERVICE.schema)?;
        let name = fields.required("name");
        let name = fields.read(name, running_unit);
        let scope = UserScope::read(&mut fields, files)?;
        let running = fields.boolean("running");
        let state = fields.get("state");
        let state = fields.read(state, |node| match node.string()?.as_str() {
            "started" => Ok(true),
            "stopped" => Ok(false),
            other => {
                let error = Diagnostic::at(&node.span, format!("`state` is `started` or `stopped`, not `{other}`"));
                Err(error.hint("a service restarts by itself when what it `uses` has changed").into())
            }
        });
        let running = running.or(state).unwrap_or(true);
        let enabled = fields.boolean("enabled");
        let uses = fields.get("uses");
        let uses = fields.read(uses, |node| match node.sequence() {
            Ok(items) => {
                let mut errors = Diagnostics::new();
                let paths = items.iter().filter_map(|item| errors.collect(path(item))).collect();
                errors.or(paths)
            }
            Err(_) => Ok(vec![path(node)?]),
        });
        let packages = fields.strings("packages").unwrap_or_default();
        let on_change = fields.get("on_change");
        let reload = fields.read(on_change, |node| match node.string()?.as_str() {
            "restart" => Ok(false),
            "reload" => Ok(true),
            other => {
                Err(Diagnostic::at(&node.span, format!("`on_change` is `restart` or `reload`, not `{other}`")).into())
            }
        });
        let settle = fields.get("settle");
        let settle = fields.read(settle, milliseconds).unwrap_or(1000);
        let unit = fields.finish_with(name)?;
        let (uses, reload) = (uses.unwrap_or_default(), reload.unwrap_or(false));
        let unit = scope.key(&unit);
        Ok(Self { unit, scope, running, enabled, uses, packages, reload, settle })
    }

    /// The unit, and the template that it is made from: `app@.service` for `app@one.service`.
    fn units(&self) -> impl Iterator<Item = String> {
        let (_, name) = scope::split(&self.unit);
        let template = name.split_once('@').zip(name.rsplit_once('.'));
        let template = template.map(|((name, _), (_, suffix))| format!("{name}@.{suffix}"));
        [name.to_owned()].into_iter().chain(template)
    }

    /// Whether a file is part of the unit, which only a new start takes in.
    fn is_unit_file(&self, state: &State, path: &str) -> bool {
        let of = |rest: &str| {
            self.units()
                .any(|unit| rest == unit || rest.strip_prefix(&unit).is_some_and(|rest| rest.starts_with(".d/")))
        };
        let folder = format!("{}/", self.scope.units());
        path.strip_prefix(&folder).is_some_and(of)
            || self.started_with(state).any(|with| with.files.iter().any(|file| file == path))
            || self.environment_files(state).any(|file| file == path)
    }

    /// What its quadlet says.
    fn started_with<'s>(&self, state: &'s State) -> impl Iterator<Item = &'s StartedWith> {
        self.units().filter_map(|unit| state.declared.started_with.get(&self.scope.key(&unit)))
    }

    /// What its unit, drop-ins or quadlet name as `EnvironmentFile`.
    fn environment_files<'s>(&self, state: &'s State) -> impl Iterator<Item = &'s String> {
        self.units().filter_map(|unit| state.declared.environment_files.get(&self.scope.key(&unit))).flatten()
    }

    /// Whether a change of this run writes or removes its unit's files.
    fn is_rewritten(&self, state: &State) -> bool {
        self.units().any(|unit| state.predicted.units.contains(&self.scope.key(&unit)))
    }

    /// What the service would be started with now: the declared files that it uses and its packages' versions.
    fn inputs(&self, state: &State) -> BTreeMap<String, String> {
        let uses = |path: &str| {
            let of_quadlet = self.started_with(state).flat_map(|with| &with.uses);
            self.uses.iter().chain(of_quadlet).any(|used| path == used || is_in(path, used))
        };
        // what is declared no longer is used until it is gone
        let recorded = state.memory.manifest.services.get(&self.unit);
        let left =
            recorded.into_iter().flatten().filter(|(path, sha256)| state.files.sha256(path) == Some(sha256.as_str()));
        let left = left.map(|(path, _)| path);
        let files = state.declared.files.keys().chain(left).filter(|path| uses(path) || self.is_unit_file(state, path));
        let files = files.filter_map(|path| Some((path.clone(), state.files.sha256(path)?.to_owned())));
        let packages = self.packages.iter().filter_map(|name| {
            let version = match state.packages.installed.get(name) {
                Some(version) => version.clone(),
                None => state.predicted.packages.get(name).map(|_| KNOWN_AFTER_APPLY.to_owned())?,
            };
            Some((format!("package {name}"), version))
        });
        let images = self.started_with(state).flat_map(|with| &with.images).map(|image| {
            let id = state.podman.images.get(image).cloned();
            (image_input(image), id.unwrap_or_else(|| KNOWN_AFTER_APPLY.to_owned()))
        });
        self.left_alone(state).chain(files).chain(packages).chain(images).collect()
    }

    /// What it was started with, is declared no longer, and stays all the same, as this run prunes nothing there.
    fn left_alone(&self, state: &State) -> impl Iterator<Item = (String, String)> {
        let recorded = state.memory.manifest.services.get(&self.unit).into_iter().flatten();
        let stays = |path: &str| {
            let item = Item { kind: ItemKind::File, name: path.to_owned(), before: Before::Nothing };
            !state.declared.files.contains_key(path)
                && !state.files.paths.contains_key(path)
                && state.memory.manifest.owner_of(item.key()).is_some()
        };
        recorded.filter(move |(input, _)| stays(input)).map(|(input, digest)| (input.clone(), digest.clone()))
    }

    /// Why a running service has to start anew, input by input; empty if it does not.
    fn reasons(&self, state: &State, unit: &UnitState, inputs: &BTreeMap<String, String>) -> Vec<String> {
        match state.memory.manifest.services.get(&self.unit) {
            Some(recorded) => {
                let mut keys: Vec<&String> = recorded.keys().chain(inputs.keys()).collect();
                keys.sort();
                keys.dedup();
                // what turned out to be there in the end was not noted
                let unknown = |key: &str| recorded.get(key).is_some_and(|value| value == KNOWN_AFTER_APPLY);
                let differs = |key: &str| recorded.get(key) != inputs.get(key) && !unknown(key);
                keys.into_iter().filter(|key| differs(key)).cloned().collect()
            }
            // nothing is recorded: only what is newer than the start can be a reason
            None => {
                let newer = |path: &str| match state.files.at(path) {
                    PathState::File { modified, .. } => modified.is_none_or(|time| time > unit.since),
                    _ => false,
                };
                let installing = |key: &str| {
                    key.strip_prefix("package ").is_some_and(|name| state.predicted.packages.contains_key(name))
                };
                let pulling =
                    |key: &str| key.strip_prefix("image ").is_some_and(|image| state.predicted.images.contains(image));
                inputs.keys().filter(|key| newer(key) || installing(key) || pulling(key)).cloned().collect()
            }
        }
    }

    fn plan_running(
        &self,
        state: &State,
        unit: &UnitState,
        inputs: &BTreeMap<String, String>,
        draft: &mut Draft,
    ) -> Option<Action> {
        let verb =
            |verb| Operation::Units(UnitOperation::Service { unit: self.unit.clone(), verb, settle: self.settle });
        if !self.running {
            if !unit.is_active() {
                return None;
            }
            draft.operations.push(verb(Verb::Stop));
            return Some(Action::Stop);
        }
        if !unit.is_active() {
            let was = if unit.active.is_empty() { "inactive" } else { &unit.active };
            draft.details.extend(Detail::value("state", Some(was), Some("active")));
            // some packages start it by themselves when they are installed, with what they bring
            let installs = self.packages.iter().any(|package| state.predicted.packages.contains_key(package));
            draft.operations.push(verb(if installs { Verb::Restart } else { Verb::Start }));
            return Some(Action::Start);
        }
        let reasons = self.reasons(state, unit, inputs);
        if reasons.is_empty() {
            return None;
        }
        let only_config = reasons.iter().all(|reason| reason.starts_with('/') && !self.is_unit_file(state, reason));
        let (action, done) = if self.reload && only_config && unit.can_reload {
            (Action::Reload, Verb::Reload)
        } else {
            (Action::Restart, Verb::Restart)
        };
        let known = Inputs {
            recorded: state.memory.manifest.services.get(&self.unit),
            now: inputs,
            installing: &state.predicted.packages,
            scope: &self.scope.key(""),
        };
        draft.details.push(Detail::note(format!("because of {}", known.words(&reasons))));
        draft.operations.push(verb(done));
        Some(action)
    }
}

impl Resource for Service {
    fn name(&self) -> String {
        scope::shown(self.unit.strip_suffix(".service").unwrap_or(&self.unit))
    }

    fn ask(&self, probe: &mut Probe) {
        probe.units.ask(&self.unit);
        if let Some(user) = self.scope.user() {
            probe.accounts.user(user);
        }
        for package in &self.packages {
            probe.packages.ask(package, Offers::No);
        }
    }

    fn claims(&self) -> Vec<Item> {
        vec![Item { kind: ItemKind::Service, name: self.unit.clone(), before: Before::Nothing }]
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        if state.missing_tools.contains("systemctl") {
            return Err("the host has no systemctl; services of other init systems cannot be managed yet".to_owned());
        }
        let unit = state.unit(&self.unit);
        let appears = !state.predicted.packages.is_empty() || self.is_rewritten(state);
        // what its package brings is enabled by that, as a rule of Debian's
        let disabled_later = self.enabled == Some(false)
            && unit.load == "not-found"
            && self.packages.iter().any(|package| state.predicted.packages.contains_key(package));
        match unit.load.as_str() {
            "not-found" if !self.running && self.enabled != Some(true) && !disabled_later => {
                return Ok(Planned::default());
            }
            "not-found" if !appears => {
                return Err(format!(
                    "there is no unit {} on the host, and nothing declared before makes it",
                    self.shown()
                ));
            }
            // of one that is made from a quadlet, that says it
            "masked" if (self.running || self.enabled == Some(true)) && self.started_with(state).next().is_none() => {
                return Err(format!(
                    "{} is masked on the host; `{}` if that is no longer meant",
                    self.shown(),
                    scope::systemctl(unit.unmask(), &self.unit)
                ));
            }
            _ => {}
        }
        // one whose quadlet goes in this run is another unit afterwards
        let generated = unit.enabled == "generated" && !self.is_rewritten(state);
        if self.enabled.is_some() && (self.started_with(state).next().is_some() || generated) {
            return Err(format!(
                "{} is made from a quadlet, so whether it starts at boot is said there: `install: {{ WantedBy: multi-user.target }}` in place of `enabled`",
                self.shown()
            ));
        }
        let mut draft = Draft { action: Action::Update, details: Vec::new(), operations: Vec::new() };
        let claim = Item { kind: ItemKind::Service, name: self.unit.clone(), before: Before::Nothing };
        let kept = before(state, &claim, unit.is_active() || unit.is_enabled());
        // a unit without [Install] is started by others; systemd would ignore an `enable`
        let fixed = (matches!(unit.enabled.as_str(), "static" | "generated" | "transient" | "indirect")
            || unit.load == "loaded" && unit.enabled.is_empty())
            && !self.is_rewritten(state);
        if let (Some(wanted), false) = (self.enabled, fixed) {
            if disabled_later {
                draft.details.extend(Detail::value("at boot", None, Some("disabled")));
                draft
                    .operations
                    .push(Operation::Units(UnitOperation::Enable { unit: self.unit.clone(), enabled: false }));
            } else if unit.is_enabled() != wanted {
                let word = |enabled| if enabled { "enabled" } else { "disabled" };
                draft.details.extend(Detail::value("at boot", Some(word(!wanted)), Some(word(wanted))));
                draft
                    .operations
                    .push(Operation::Units(UnitOperation::Enable { unit: self.unit.clone(), enabled: wanted }));
            }
        } else if self.enabled == Some(true) && fixed {
            // a device, the root's slice
            if unit.enabled.is_empty() {
                return Err(format!("{} cannot be enabled: it has no unit file", self.shown()));
            }
            return Err(format!("{} cannot be enabled: systemd calls it {}", self.shown(), unit.enabled));
        }
        if unit.stale && !self.is_rewritten(state) {
            draft.details.push(Detail::note("systemd has not read its changed unit files yet"));
            draft
                .operations
                .push(Operation::Units(UnitOperation::DaemonReload { user: self.scope.user().map(str::to_owned) }));
        }
        let inputs = self.inputs(state);
        let action = self.plan_running(state, &unit, &inputs, &mut draft);
        if let Some(action) = action {
            draft.action = action;
        }
        self.predict(state, unit, inputs, action);
        let draft = (!draft.operations.is_empty()).then_some(draft);
        Ok(Planned { draft, items: vec![Item { kind: ItemKind::Service, name: self.unit.clone(), before: kept }] })
    }

    fn restarts(&self) -> bool {
        true
    }
}

impl Service {
    /// The unit, and whose it is.
    fn shown(&self) -> String {
        scope::shown(&self.unit)
    }

    /// Notes what the service will be and what it will have been started with.
    fn predict(
        &self,
        state: &mut State,
        mut unit: UnitState,
        inputs: BTreeMap<String, String>,
        action: Option<Action>,
    ) {
        unit.load = "loaded".to_owned();
        unit.active = if self.running { "active" } else { "inactive" }.to_owned();
        unit.stale = false;
        if let Some(enabled) = self.enabled {
            unit.enabled = if enabled { "enabled" } else { "disabled" }.to_owned();
        }
        state.units.insert(self.unit.clone(), unit);
        if self.running {
            // a service that goes on running is adopted as it is
            let _ = action;
            state.memory.manifest.services.insert(self.unit.clone(), inputs);
        } else {
            state.memory.manifest.services.remove(&self.unit);
        }
    }
}
