//! `user`: an account, and the groups that it is in.

use super::account::{NUMBER, comment, group, groups, home, new_name, number, shell};
use super::arguments::account_name;
use super::kind::claimed;
use super::{Draft, Planned, Resource, ResourceKind, Turn, before};
use crate::ability::accounts::{AccountOperation, GroupState, UserState};
use crate::ability::files::PathState;
use crate::ability::memory::manifest::{Before, Item, ItemKind};
use crate::ability::{Operation, Probe, State};
use crate::plan::change::{Action, Detail};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::Diagnostics;
use crate::yaml::Node;

/// `user`.
pub static USER: ResourceKind = ResourceKind::new(
    Schema::new(
        "user",
        &[
            Argument::new("name", Shape::Text, "at most 32 letters, digits, `_`, `-` and `.`, and no number")
                .required()
                .identity(),
            Argument::new(
                "uid",
                NUMBER,
                "its number, which no other user may have; known only after `apply` if it is not given",
            ),
            Argument::new(
                "group",
                Shape::Text,
                "the primary group, which must exist, or be declared before or in the same step",
            ),
            Argument::new(
                "groups",
                Shape::Several(&Shape::Text),
                "groups that it is added to, a list or a text with commas; it is taken out of none",
            ),
            Argument::new("home", Shape::Path, "where it lives, as in passwd(5): no colon anywhere"),
            Argument::new(
                "shell",
                Shape::Text,
                "its login shell, likewise; empty: the system's. `diff` says where the host has no such shell",
            ),
            Argument::new("system", Shape::Flag, "`true`: a system account").default("false"),
            Argument::new("comment", Shape::Text, "what is said of it, without colons"),
            Argument::new(
                "create_home",
                Shape::Flag,
                "whether a new account's home is made; default: not for system accounts",
            ),
        ],
    ),
    "An account, and the groups that it is in.",
    |arguments, _, _| Ok(Box::new(User::parse(arguments)?)),
)
.claims(|arguments, _| {
    claimed(arguments, "name", account_name, |name| Item { kind: ItemKind::User, name, before: Before::Nothing })
});

/// An account on the host.
#[derive(Debug)]
pub struct User {
    name: String,
    uid: Option<u32>,
    group: Option<String>,
    groups: Vec<String>,
    home: Option<String>,
    shell: Option<String>,
    comment: Option<String>,
    system: bool,
    create_home: bool,
}

impl User {
    /// Reads [`USER`]. `groups` are added to those that
    /// the user is in; none is taken away.
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub fn parse(node: &Node) -> Result<Self, Diagnostics> {
        let mut fields = Arguments::new(node, &USER.schema)?;
        let name = fields.required("name");
        let name = fields.read(name, new_name);
        let uid = fields.get("uid");
        let uid = fields.read(uid, |node| number(node, name.as_deref()));
        let [one, more] = ["group", "groups"].map(|key| fields.get(key));
        let (group, groups) = (fields.read(one, group), fields.read(more, groups).unwrap_or_default());
        let [place, program, text] = ["home", "shell", "comment"].map(|key| fields.get(key));
        let (home, shell) = (fields.read(place, home), fields.read(program, shell));
        let comment = fields.read(text, comment);
        let system = fields.boolean("system").unwrap_or(false);
        let create_home = fields.boolean("create_home").unwrap_or(!system);
        let name = fields.finish_with(name)?;
        Ok(Self { name, uid, group, groups, home, shell, comment, system, create_home })
    }

    /// The name of a group that is given by its name or its number.
    fn group_called(state: &State, group: &str) -> String {
        let by_number = || Self::group_name(state, group.parse().ok());
        if state.accounts.groups.contains_key(group) { None } else { by_number() }.unwrap_or_else(|| group.to_owned())
    }

    /// The name of a group by its number.
    fn group_name(state: &State, gid: Option<u32>) -> Option<String> {
        state.accounts.groups.iter().find(|(_, group)| gid.is_some() && group.gid == gid).map(|(name, _)| name.clone())
    }

    /// Where it lives if it is made.
    fn new_home(&self) -> String {
        // useradd's own default
        self.home.clone().unwrap_or_else(|| format!("/home/{}", self.name))
    }

    /// What the account tools would refuse on this host.
    fn refused(&self, state: &State, now: Option<&UserState>) -> Option<String> {
        if let Some(uid) = self.uid.filter(|uid| now.is_none_or(|now| now.uid != Some(*uid)))
            && let Some((other, _)) =
                state.accounts.users.iter().find(|(name, user)| **name != self.name && user.uid == Some(uid))
        {
            return Some(format!("the user {other} has the uid {uid} on the host"));
        }
        let is_there = |group: &String| {
            state.accounts.groups.contains_key(group) || Self::group_name(state, group.parse().ok()).is_some()
        };
        let missing = self.group.iter().chain(&self.groups).find(|group| !is_there(group))?;
        if !state.predicted.packages.is_empty() {
            return None;
        }
        Some(if missing.parse::<u32>().is_ok() {
            format!(
                "there is no group with the gid {missing} on the host; declare it first: `group: {{ name: ..., gid: {missing} }}`"
            )
        } else {
            format!("there is no group {missing} on the host; declare it first: `group: {{ name: {missing} }}`")
        })
    }

    /// useradd only warns of it.
    fn lacks_shell(&self, state: &State) -> Option<Detail> {
        let shell = self.shell.as_ref().filter(|shell| !shell.is_empty() && state.predicted.packages.is_empty())?;
        let lacks = *state.files.at(shell) == PathState::Absent && !state.declared.files.contains_key(shell);
        lacks.then(|| Detail::note(format!("{shell} is not on the host")))
    }

    fn missing_groups(&self, state: &State) -> Vec<String> {
        let is_member = |group: &String| {
            state
                .accounts
                .groups
                .get(&Self::group_called(state, group))
                .is_some_and(|group| group.members.contains(&self.name))
                || self.group.as_ref() == Some(group)
        };
        self.groups.iter().filter(|group| !is_member(group)).cloned().collect()
    }

    fn create(&self, state: &mut State) -> Draft {
        let mut command = vec!["useradd".to_owned()];
        let mut details = Vec::new();
        let mut option = |flag: &str, what: &str, value: Option<String>| {
            if let Some(value) = value {
                details.push(Detail::Value { what: what.to_owned(), old: None, new: Some(value.clone()) });
                command.extend([flag.to_owned(), value]);
            }
        };
        option("-u", "uid", self.uid.map(|uid| uid.to_string()));
        // useradd would make a group of the user's own name, and fails where there is one
        let same_name = state.accounts.groups.contains_key(&self.name).then(|| self.name.clone());
        option("-g", "group", self.group.clone().or(same_name));
        option("-G", "groups", (!self.groups.is_empty()).then(|| self.groups.join(",")));
        option("-d", "home", self.home.clone());
        option("-s", "shell", self.shell.clone());
        option("-c", "comment", self.comment.clone());
        if self.system {
            command.push("-r".to_owned());
            details.push(Detail::note("a system account"));
        }
        command.push(if self.create_home { "-m" } else { "-M" }.to_owned());
        command.push(self.name.clone());
        details.extend(self.lacks_shell(state));
        if self.group.is_none() {
            // what useradd makes unless it is told otherwise
            state.accounts.groups.entry(self.name.clone()).or_default();
        }
        if self.create_home && *state.files.at(&self.new_home()) == PathState::Absent {
            let group = self.group.as_ref().unwrap_or(&self.name).clone();
            state.files.paths.insert(self.new_home(), PathState::Home { owner: self.name.clone(), group });
        }
        let user = UserState {
            uid: self.uid,
            gid: None,
            comment: self.comment.clone().unwrap_or_default(),
            home: self.home.clone().unwrap_or_default(),
            shell: self.shell.clone().unwrap_or_default(),
        };
        state.accounts.users.insert(self.name.clone(), user);
        Draft {
            action: Action::Create,
            details,
            operations: vec![Operation::Accounts(AccountOperation::Tool { command })],
        }
    }

    fn update(&self, state: &mut State, now: &UserState) -> Option<Draft> {
        let mut command = vec!["usermod".to_owned()];
        let mut details = Vec::new();
        let mut differs = |flag: &str, what: &str, old: Option<String>, new: Option<String>| {
            if let (Some(new), true) = (&new, new.is_some() && old != new) {
                command.extend([flag.to_owned(), new.clone()]);
                details.extend(Detail::value(what, old.as_deref(), Some(new)));
            }
        };
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        differs("-u", "uid", number(now.uid), number(self.uid));
        if now.gid.is_some() {
            let by_number = self.group.as_ref().is_some_and(|group| group.parse().ok() == now.gid);
            differs("-g", "group", Self::group_name(state, now.gid), self.group.clone().filter(|_| !by_number));
        }
        let home = self.home.clone().filter(|home| home != now.home.trim_end_matches('/') && *home != now.home);
        differs("-d", "home", Some(now.home.clone()), home);
        differs("-s", "shell", Some(now.shell.clone()), self.shell.clone());
        differs("-c", "comment", Some(now.comment.clone()), self.comment.clone());
        if self.shell.as_ref().is_some_and(|shell| *shell != now.shell) {
            details.extend(self.lacks_shell(state));
        }
        let missing = self.missing_groups(state);
        if !missing.is_empty() {
            command.extend(["-a".to_owned(), "-G".to_owned(), missing.join(",")]);
            let in_group = |group: &GroupState| group.members.contains(&self.name);
            let mut old: Vec<&str> = state
                .accounts
                .groups
                .iter()
                .filter(|(_, group)| in_group(group))
                .map(|(name, _)| name.as_str())
                .collect();
            old.sort_unstable();
            let new = old.iter().copied().chain(missing.iter().map(String::as_str)).collect::<Vec<_>>().join(", ");
            let old = (!old.is_empty()).then(|| old.join(", "));
            details.push(Detail::Value { what: "groups".to_owned(), old, new: Some(new) });
        }
        command.push(self.name.clone());
        if details.is_empty() {
            return None;
        }
        // which number a group has is known only where the group is there
        let gid = self.group.as_ref().map_or(now.gid, |group| match state.accounts.groups.get(group) {
            Some(group) => group.gid,
            None => group.parse().ok(),
        });
        let or = |new: &Option<String>, old: &String| new.as_ref().unwrap_or(old).clone();
        let user = UserState {
            uid: self.uid.or(now.uid),
            gid,
            comment: or(&self.comment, &now.comment),
            home: or(&self.home, &now.home),
            shell: or(&self.shell, &now.shell),
        };
        state.accounts.users.insert(self.name.clone(), user);
        Some(Draft {
            action: Action::Update,
            details,
            operations: vec![Operation::Accounts(AccountOperation::Tool { command })],
        })
    }
}

impl Resource for User {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn ask(&self, probe: &mut Probe) {
        probe.accounts.user(&self.name);
        if let Some(uid) = self.uid {
            probe.accounts.user_number(uid);
        }
        probe.files.path(&self.new_home());
        if let Some(shell) = self.shell.as_ref().filter(|shell| !shell.is_empty()) {
            probe.files.path(shell);
        }
        probe.tool("useradd");
    }

    fn claims(&self) -> Vec<Item> {
        vec![Item { kind: ItemKind::User, name: self.name.clone(), before: Before::Nothing }]
    }

    fn turn(&self) -> Turn {
        Turn::Users
    }

    fn number(&self) -> Option<(String, &str)> {
        self.uid.map(|uid| (format!("the uid {uid}"), self.name.as_str()))
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        let now = state.accounts.users.get(&self.name).cloned();
        let claim = Item { kind: ItemKind::User, name: self.name.clone(), before: Before::Nothing };
        let before = before(state, &claim, now.is_some());
        if let Some(reason) = self.refused(state, now.as_ref()) {
            return Err(reason);
        }
        let draft = match &now {
            None => Some(self.create(state)),
            Some(now) => self.update(state, now),
        };
        if draft.is_some() && state.missing_tools.contains("useradd") {
            return Err("the host has no useradd".to_owned());
        }
        for group in &self.groups {
            let group = state.accounts.groups.entry(Self::group_called(state, group)).or_default();
            if !group.members.contains(&self.name) {
                group.members.push(self.name.clone());
            }
        }
        Ok(Planned { draft, items: vec![Item { kind: ItemKind::User, name: self.name.clone(), before }] })
    }
}
