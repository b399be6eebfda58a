//! The probe: one program that asks a host for the state of every resource at once.
//!
//! It is made of shell builtins and as few processes as the questions allow: one `stat` and one `sha256sum` for all
//! paths, one `readlink` for all links, one `systemctl show` for all units, one `dpkg-query` for all packages.

use super::memory;
use crate::ability::http::{self, Request};
use crate::host::quote;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The functions that find out who and where we are; shared by all programs.
pub const PLACE: &str = concat!("\n", include_str!("place.sh"));

macro_rules! probe {
    ($($(#[$what:meta])* $ability:ident as $name:ident: $known:ident, $operations:ident($operation:ident);)*) => {
        /// All that is to be asked of one host under one identity, by ability.
        #[derive(Debug, Clone, Default)]
        pub struct Probe {
            $($(#[$what])* pub $name: super::$ability::Questions,)*
            tools: BTreeSet<String>,
            requests: BTreeMap<String, Request>,
        }

        impl Probe {
            /// Adds the questions of all abilities to a program.
            fn write(&self, program: &mut String) {
                $(self.$name.write(program);)*
            }
        }
    };
}
abilities!(probe);

impl Probe {
    /// Asks a service of the host; its answer is what the state's [`reply`](super::State::reply) gives.
    pub fn http(&mut self, request: Request) {
        self.requests.insert(request.key(), request);
    }

    /// The requests, in the order of their answers.
    pub fn requests(&self) -> impl Iterator<Item = &Request> {
        self.requests.values()
    }

    /// Asks whether a tool is there.
    pub fn tool(&mut self, name: &str) {
        self.tools.insert(name.to_owned());
    }

    /// The program for a host's shell. It changes nothing.
    pub fn program(&self) -> String {
        let mut program = String::from(PLACE);
        program.push_str(memory::QUESTIONS);
        self.write(&mut program);
        for tool in &self.tools {
            let _ = writeln!(program, "command -v {0} >/dev/null 2>&1 || say lacks {0}", quote(tool));
        }
        if !self.requests.is_empty() {
            program.push_str(&http::program(&self.requests().collect::<Vec<_>>()));
        }
        program.push_str("say probed\n");
        program
    }
}
