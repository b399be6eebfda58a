//! Users and groups.

mod answers;
mod operation;
mod questions;

pub use answers::Answers;
pub use operation::AccountOperation;
pub use questions::Questions;

use std::collections::HashMap;

/// What steps do with users and groups.
pub const STEP: &str = include_str!("accounts.sh");

/// An entry of the passwd database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserState {
    /// The user's number; none before it is made.
    pub uid: Option<u32>,
    /// The primary group's number; none before it is made.
    pub gid: Option<u32>,
    /// The comment field.
    pub comment: String,
    /// The home directory.
    pub home: String,
    /// The login shell.
    pub shell: String,
}

/// An entry of the group database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupState {
    /// The group's number; none before it is made.
    pub gid: Option<u32>,
    /// The users that are in it beside those whose primary group it is.
    pub members: Vec<String>,
}

/// What is known of users and groups.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    /// Users that exist, of those asked for.
    pub users: HashMap<String, UserState>,
    /// All groups.
    pub groups: HashMap<String, GroupState>,
}

impl Accounts {
    /// Adds what further questions have found out.
    pub(super) fn absorb(&mut self, more: Self) {
        self.users.extend(more.users);
        self.groups.extend(more.groups);
    }
}
