//! What a host has answered about users and groups.

use super::{Accounts, GroupState, UserState};

/// Takes in the records about users and groups.
#[derive(Debug, Default)]
pub struct Answers(Accounts);

impl Answers {
    /// Takes one record; says whether it is one of these.
    pub fn record(&mut self, tag: &str, rest: &str) -> bool {
        match tag {
            "user" => self.user(rest),
            "group" => self.group(rest),
            _ => return false,
        }
        true
    }

    /// All that was answered.
    pub fn finish(self) -> Accounts {
        self.0
    }

    fn user(&mut self, rest: &str) {
        let fields: Vec<&str> = rest.split(':').collect();
        if let [name, _, uid, gid, comment, home, shell] = fields[..] {
            let user = UserState {
                uid: uid.parse().ok(),
                gid: gid.parse().ok(),
                comment: comment.to_owned(),
                home: home.to_owned(),
                shell: shell.to_owned(),
            };
            self.0.users.insert(name.to_owned(), user);
        }
    }

    fn group(&mut self, rest: &str) {
        let fields: Vec<&str> = rest.split(':').collect();
        if let [name, _, gid, members] = fields[..] {
            let members = members.split(',').filter(|member| !member.is_empty()).map(str::to_owned).collect();
            self.0.groups.insert(name.to_owned(), GroupState { gid: gid.parse().ok(), members });
        }
    }
}
