//! `group`: a group of accounts.

use super::account::{NUMBER, new_name, number};
use super::arguments::account_name;
use super::kind::claimed;
use super::{Draft, Planned, Resource, ResourceKind, Turn, before};
use crate::ability::accounts::{AccountOperation, GroupState};
use crate::ability::memory::manifest::{Before, Item, ItemKind};
use crate::ability::{Operation, Probe, State};
use crate::plan::change::{Action, Detail};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::Diagnostics;
use crate::yaml::Node;

/// `group`.
pub static GROUP: ResourceKind = ResourceKind::new(
    Schema::new(
        "group",
        &[
            Argument::new("name", Shape::Text, "at most 32 letters, digits, `_`, `-` and `.`, and no number")
                .required()
                .identity(),
            Argument::new("gid", NUMBER, "its number, which no other group may have"),
            Argument::new("system", Shape::Flag, "`true`: a system group").default("false"),
        ],
    ),
    "A group of accounts.",
    |arguments, _, _| Ok(Box::new(Group::parse(arguments)?)),
)
.claims(|arguments, _| {
    claimed(arguments, "name", account_name, |name| Item { kind: ItemKind::Group, name, before: Before::Nothing })
});

/// A group on the host.
#[derive(Debug)]
pub struct Group {
    name: String,
    gid: Option<u32>,
    system: bool,
}

impl Group {
    /// Reads [`GROUP`].
    ///
    /// # Errors
    /// What is wrong with the arguments.
    pub fn parse(node: &Node) -> Result<Self, Diagnostics> {
        let mut fields = Arguments::new(node, &GROUP.schema)?;
        let name = fields.required("name");
        let name = fields.read(name, new_name);
        let gid = fields.get("gid");
        let gid = fields.read(gid, |node| number(node, name.as_deref()));
        let system = fields.boolean("system").unwrap_or(false);
        let name = fields.finish_with(name)?;
        Ok(Self { name, gid, system })
    }
}

impl Resource for Group {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn ask(&self, probe: &mut Probe) {
        probe.accounts.groups();
        probe.tool("groupadd");
    }

    fn claims(&self) -> Vec<Item> {
        vec![Item { kind: ItemKind::Group, name: self.name.clone(), before: Before::Nothing }]
    }

    fn turn(&self) -> Turn {
        Turn::Groups
    }

    fn number(&self) -> Option<(String, &str)> {
        self.gid.map(|gid| (format!("the gid {gid}"), self.name.as_str()))
    }

    fn plan(&self, state: &mut State) -> Result<Planned, String> {
        let now = state.accounts.groups.get(&self.name).cloned();
        let claim = Item { kind: ItemKind::Group, name: self.name.clone(), before: Before::Nothing };
        let before = before(state, &claim, now.is_some());
        let items = vec![Item { kind: ItemKind::Group, name: self.name.clone(), before }];
        let number = |gid: Option<u32>| gid.map(|gid| gid.to_string());
        let (program, action, old) = match &now {
            None => ("groupadd", Action::Create, None),
            Some(now) if self.gid.is_some() && self.gid != now.gid => ("groupmod", Action::Update, number(now.gid)),
            Some(_) => return Ok(Planned { draft: None, items }),
        };
        if state.missing_tools.contains("groupadd") {
            return Err("the host has no groupadd".to_owned());
        }
        let has_it = |(name, group): &(&String, &GroupState)| *name != &self.name && group.gid == self.gid;
        if let (Some(gid), Some((other, _))) = (self.gid, state.accounts.groups.iter().find(has_it)) {
            return Err(format!("the group {other} has the gid {gid} on the host"));
        }
        let mut command = vec![program.to_owned()];
        let mut details: Vec<Detail> =
            Detail::value("gid", old.as_deref(), number(self.gid).as_deref()).into_iter().collect();
        if let Some(gid) = number(self.gid) {
            command.extend(["-g".to_owned(), gid]);
        }
        if self.system && now.is_none() {
            command.push("-r".to_owned());
            details.push(Detail::note("a system group"));
        }
        command.push(self.name.clone());
        let old_number = now.as_ref().and_then(|group| group.gid);
        let members = now.map(|group| group.members).unwrap_or_default();
        // groupmod takes the users along whose primary group it is
        if let (Some(old), Some(new)) = (old_number, self.gid) {
            state
                .accounts
                .users
                .values_mut()
                .filter(|user| user.gid == Some(old))
                .for_each(|user| user.gid = Some(new));
        }
        state.accounts.groups.insert(self.name.clone(), GroupState { gid: self.gid, members });
        Ok(Planned {
            draft: Some(Draft {
                action,
                details,
                operations: vec![Operation::Accounts(AccountOperation::Tool { command })],
            }),
            items,
        })
    }
}
