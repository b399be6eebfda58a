//! The roles of plays with rendered steps, each resource read and typed.

use super::play_names::{RESOURCES, play_instance, play_name, playbook_name};
use super::project::Project;
use super::sources::Sources;
use super::tags::{self, Tags};
use super::taint::{self, Twins};
use super::work::{Resolved, ResolvedAction, ResolvedCheck, ResolvedStep, RolePlace, RoleRun};
use crate::playbook::{Play, RoleUse, State};
use crate::resource::check::Check;
use crate::resource::{self, Kept, Resource};
use crate::role::{ActionSpec, Expanded, Role, RoleFiles, expand_resources, expand_step, resolve_options, twin};
use crate::secret::{Certainty, Secrets};
use crate::source::{Diagnostic, Diagnostics, folder_of};
use crate::template::{Layer, Rank, RenderError, Rendering, Scope};
use crate::yaml::Node;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the plays have come to on a host so far.
pub(super) struct Resolver<'a> {
    project: &'a Project,
    host: &'a str,
    rendering: &'a Arc<Rendering>,
    pub errors: Diagnostics,
    pub runs: Vec<RoleRun>,
    pub left_alone: Vec<String>,
    pub needs_facts: bool,
    pub notes: Vec<Diagnostic>,
}

impl<'a> Resolver<'a> {
    pub fn new(project: &'a Project, host: &'a str, rendering: &'a Arc<Rendering>) -> Self {
        Self {
            project,
            host,
            rendering,
            errors: Diagnostics::new(),
            runs: Vec::new(),
            left_alone: Vec::new(),
            needs_facts: false,
            notes: Vec::new(),
        }
    }

    /// Takes a value out of a rendering, noting its errors and whether facts were missing.
    fn take<T>(&mut self, result: Result<T, RenderError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(RenderError::NeedsFacts) => {
                self.needs_facts = true;
                None
            }
            Err(RenderError::Invalid(errors)) => {
                self.errors.extend(errors);
                None
            }
        }
    }

    pub fn play(&mut self, number: usize, play: &'a Play) {
        let Some(mut scope) = play_scope(self.project, self.host, play, self.rendering) else { return };
        note_variables(&scope, &self.project.secrets);
        // a role's defaults are seen by the play's other roles
        for role in &play.roles {
            scope = scope.with_layer(role.role.defaults());
        }
        for (position, role) in play.roles.iter().enumerate() {
            self.role((number, position), play, role, &scope);
        }
        if !play.resources.is_empty() && self.project.selection.action.is_none() {
            self.resources((number, play.roles.len()), play, &scope);
        }
    }

    fn role(&mut self, place: RolePlace, play: &'a Play, role: &'a RoleUse, scope: &Scope) {
        let instance = self.instance(&role.instance);
        let wanted = self.project.selection.action.as_ref();
        if wanted.is_some_and(|wanted| !wanted.is_of(&role.role.name)) {
            return;
        }
        // what it would need is not asked for either
        let selection = &self.project.selection;
        if !selection.is_untagged() && !Tags::of(selection).select_any(play, role) {
            self.left_alone.push(instance);
            return;
        }
        let scope =
            scope.with_layer(Layer::entries(Rank::Role, &role.vars)).with_magic("role_name", role.role.name.as_str());
        if let Some(when) = &role.when {
            match self.take(scope.evaluate(when)) {
                Some(true) => {}
                Some(false) => {
                    self.left_alone.push(instance);
                    return;
                }
                None => return,
            }
        }
        let absent = role.state == State::Absent;
        let options = resolve_options(&role.role, &scope, &role.span, absent, &self.project.secrets);
        let Some(options) = self.errors.collect(options) else { return };
        // also where no secret is known yet: a template may be the first to look one up
        let twin = (!absent).then(|| twin(&role.role, &scope, &options, &self.project.secrets));
        self.needs_facts |= options.needs_facts;
        self.notes.extend(options.notes);
        let files = self.project.library.files(&role.role, self.host);
        let twin = twin.map(|twin| twin.with_loader(files.clone()));
        let scope = options.scope.with_loader(files.clone());
        let become_user = self.become_user(play, role.become_, role.become_user.as_ref(), &scope);
        let mut run = RoleRun {
            place,
            play_name: play_name(play),
            playbook: playbook_name(&play.path, &self.project.root),
            role: role.instance.clone(),
            instance,
            become_user,
            absent,
            purge: role.purge.clone(),
            span: role.span.clone(),
            secrets: Vec::new(),
            overruled: Vec::new(),
            steps: Vec::new(),
            action: None,
            awaits: BTreeSet::new(),
            complete: self.project.selection.is_untagged(),
        };
        if let Some(wanted) = wanted {
            run.action = self.action(&run, role.role.actions.get(&wanted.name), &scope, twin.as_ref());
            return self.resolved(run);
        }
        self.generated(&mut run, &role.role, &options.generated, &scope);
        for step in &role.role.steps {
            let expanded = expand_step(step, &scope, absent);
            let twins = Twins::of(twin.as_ref().map(|twin| expand_step(step, twin, absent)));
            let step = self.step(
                &mut run,
                &step.name,
                (expanded, twins),
                (&tags::names(role), &[&play.tags, &role.tags]),
                &files,
            );
            run.steps.push(step);
        }
        self.resolved(run);
    }

    /// Takes in a use of a role of which everything has been rendered.
    fn resolved(&mut self, mut run: RoleRun) {
        run.awaits = self.project.hosts.secrets().awaited_by(self.rendering.asker());
        self.runs.push(run);
    }

    /// The action of a role that is to be there; of one that is to be gone there is none.
    fn action(
        &mut self,
        run: &RoleRun,
        spec: Option<&ActionSpec>,
        scope: &Scope,
        twin: Option<&Scope>,
    ) -> Option<ResolvedAction> {
        let spec = spec.filter(|_| !run.absent)?;
        let id = format!("{}/{}", run.role, spec.name);
        let action = self.take(spec.render(scope))?;
        let twin = twin.and_then(|twin| spec.render(twin).ok());
        self.errors.extend(taint::action(&id, &spec.span, &action, twin.as_ref(), &self.project.secrets));
        Some(ResolvedAction { id, action })
    }

    /// What was generated for a role's options is kept by the host; it goes with the data that it gives access to.
    fn generated(&mut self, run: &mut RoleRun, role: &Role, values: &[(String, String)], scope: &Scope) {
        let id_of = format!("{}/secrets/secret:", run.role);
        let all = role.options.values().filter(|option| option.generated);
        let values = all.filter_map(|option| {
            let value = values.iter().find(|(name, _)| *name == option.name).map(|(_, value)| value.as_str());
            (value.is_some() || run.absent).then_some((&option.name, value))
        });
        let values: Vec<_> = values.collect();
        if !run.absent {
            let given = role.options.values().filter(|option| option.generated);
            let given = given.filter(|option| values.iter().all(|(name, _)| **name != option.name));
            run.overruled = given.map(|option| format!("{id_of}{}", option.name)).collect();
        }
        for (name, value) in values {
            let Some(folder) = self.take(scope.secrets_folder()) else { return };
            let kept = Kept::new(&folder, name, value.unwrap_or_default());
            run.secrets.push(Resolved {
                id: format!("{id_of}{name}"),
                claims: kept.claims(),
                resource: value.is_some().then(|| Box::new(kept) as Box<dyn Resource>),
                span: run.span.clone(),
                purge: Some("data".to_owned()),
                selected: true,
                unknown: None,
            });
        }
    }

    /// A play's own resources are a step of their own.
    fn resources(&mut self, place: RolePlace, play: &'a Play, scope: &Scope) {
        let files = self.project.library.play_files(&play.path);
        let scope = scope.with_loader(files.clone());
        let expanded = expand_resources(&play.resources, &[], &scope, false);
        let twin = expand_resources(&play.resources, &[], &scope.twin(), false);
        let become_user = self.become_user(play, None, None, &scope);
        let instance = self.instance(&play_instance(play.name.as_deref(), &play.hosts, &play.path, &self.project.root));
        let mut run = RoleRun {
            place,
            play_name: play_name(play),
            playbook: playbook_name(&play.path, &self.project.root),
            role: RESOURCES.to_owned(),
            instance,
            become_user,
            absent: false,
            purge: Vec::new(),
            span: play.span.clone(),
            secrets: Vec::new(),
            overruled: Vec::new(),
            steps: Vec::new(),
            action: None,
            awaits: BTreeSet::new(),
            complete: self.project.selection.is_untagged(),
        };
        let step = self.step(&mut run, "play", (expanded, Twins::of(Some(twin))), (&[], &[&play.tags]), &files);
        run.steps.push(step);
        self.resolved(run);
    }

    /// A name that no earlier use on this host has.
    fn instance(&self, name: &str) -> String {
        let taken = |name: &str| {
            self.runs.iter().any(|run| run.instance == name) || self.left_alone.iter().any(|left| left == name)
        };
        let numbered = (2..).map(|number| format!("{name}#{number}"));
        std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_else(|| name.to_owned())
    }

    fn step(
        &mut self,
        run: &mut RoleRun,
        name: &str,
        (expanded, mut twins): (Expanded, Twins),
        (names, outer): (&[&str], &[&[String]]),
        files: &Arc<RoleFiles>,
    ) -> ResolvedStep {
        self.needs_facts |= expanded.needs_facts;
        // what is right is looked at too, so that all errors come out at once
        self.errors.extend(expanded.errors);
        let tags = Tags::of(&self.project.selection);
        let selected = |own: &[String]| tags.select(names, &[outer, &[own]].concat());
        let mut step = ResolvedStep { name: name.to_owned(), resources: Vec::new(), checks: Vec::new() };
        for rendered in expanded.resources {
            let kind = rendered.kind;
            let id = format!("{}/{name}/{}:{}", run.role, kind.name(), rendered.name);
            let id = distinct(id, &step.resources);
            let selected = selected(&rendered.tags);
            let sources = Sources { files: Arc::clone(files), scope: rendered.scope.clone() };
            let twin = twins.resource(&rendered.span);
            let resource = if run.absent {
                None
            } else {
                let parsed = resource::parse(kind, &rendered.args, rendered.become_user.as_deref(), &sources);
                let Some(mut resource) = self.take(parsed) else { continue };
                let twin = twin.and_then(|twin| {
                    let sources = Sources { files: Arc::clone(files), scope: twin.scope.clone() };
                    let parsed = resource::parse(kind, &twin.args, twin.become_user.as_deref(), &sources).ok()?;
                    Some((twin, parsed))
                });
                let twin = twin.as_ref().map(|(twin, resource)| (twin, resource.as_ref()));
                let exposed = taint::mark(&id, &rendered, resource.as_mut(), twin, &self.project.secrets);
                self.errors.extend(exposed);
                Some(resource)
            };
            let claims = match &resource {
                Some(resource) => resource.claims(),
                None => self.take(resource::claims(kind, &rendered.args, &sources)).unwrap_or_default(),
            };
            step.resources.push(Resolved {
                id,
                resource,
                claims,
                span: rendered.span,
                purge: rendered.purge,
                selected,
                unknown: None,
            });
        }
        for rendered in expanded.checks {
            let twin = twins.check(&rendered.span);
            if !selected(&rendered.tags) {
                continue;
            }
            if let Some(check) =
                self.errors.collect(Check::parse(rendered.kind, &rendered.args, rendered.become_user.as_deref()))
                && self.errors.collect(self.project.is_about(&check)).unwrap_or_default()
            {
                let id = format!("{}/{name}/{}:{}", run.role, rendered.kind.name(), rendered.name);
                let seen = taint::check(&id, &rendered, &check, twin.as_ref(), &self.project.secrets);
                self.errors.extend(seen);
                step.checks.push(ResolvedCheck { id, check, unknown: None });
            }
        }
        step
    }

    /// Who it is carried out as: what stands nearest wins.
    pub fn become_user(
        &mut self,
        play: &Play,
        own: Option<bool>,
        own_user: Option<&Node>,
        scope: &Scope,
    ) -> Option<String> {
        let variable = |name: &str| scope.written(name).map(|(_, node)| node.clone());
        let by_variable = match variable("ansible_become") {
            Some(node) => self.take(scope.render(&node).and_then(|node| Ok(node.boolean()?))),
            None => None,
        };
        let wanted = own.or(by_variable).or(play.become_).unwrap_or(self.project.selection.r#become);
        if !wanted {
            return None;
        }
        let from_variable = variable("ansible_sudo_user").or_else(|| variable("ansible_become_user"));
        let user = own_user.or(from_variable.as_ref()).or(play.become_user.as_ref());
        match user {
            Some(node) => {
                self.take(scope.render(node).and_then(|node| Ok(node.filled()?))).or_else(|| Some("root".to_owned()))
            }
            None => Some("root".to_owned()),
        }
    }
}

/// Notes what the names of variables say of them, so that it is hidden where the variables are used. What templates come to is
/// noted when somebody asks for it.
pub(super) fn note_variables(scope: &Scope, secrets: &Secrets) {
    for name in scope.names() {
        if let Some((_, node)) = scope.written(&name) {
            secrets.note(&name, node, &[], Certainty::of_name(&name));
        }
    }
}

/// The id, with a number if an earlier resource of the step has it: each is remembered by its own on the host.
fn distinct(id: String, earlier: &[Resolved]) -> String {
    let taken = |id: &str| earlier.iter().any(|resolved| resolved.id == id);
    let numbered = (2..).map(|number| format!("{id}#{number}"));
    std::iter::once(id.clone()).chain(numbered).find(|id| !taken(id)).unwrap_or(id)
}

/// What a host sees in a play, before any role.
pub(super) fn play_scope(project: &Project, host: &str, play: &Play, rendering: &Arc<Rendering>) -> Option<Scope> {
    let scope = project.hosts.scope_in(host, rendering)?.with_layer(Layer::entries(Rank::Play, &play.vars));
    // unknown where the current folder is gone, and then not empty but undefined
    Some(match std::path::absolute(folder_of(&play.path)) {
        Ok(folder) => scope.with_magic("playbook_dir", folder.display().to_string()),
        Err(_) => scope,
    })
}
