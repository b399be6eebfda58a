//! What is asked about units.

use crate::ability::scope;
use crate::host::{quote, quote_words};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What is asked about units.
#[derive(Debug, Clone, Default)]
pub struct Questions(BTreeSet<String>);

impl Questions {
    /// Asks systemd for a unit, by its name and scope.
    pub fn ask(&mut self, unit: &str) {
        self.0.insert(unit.to_owned());
    }

    /// Adds the questions to a program.
    pub fn write(&self, program: &mut String) {
        const SHOW: &str = "show -p \
            Id,Names,LoadState,ActiveState,UnitFileState,NeedDaemonReload,CanReload,ActiveEnterTimestamp,FragmentPath";
        const SAY: &str = "2>/dev/null | while IFS= read -r line; do say unit \"$line\"; done; say unit";
        if self.0.is_empty() {
            return;
        }
        let mut scopes: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
        // asked for one, systemctl says nothing of those that follow
        for unit in self.0.iter().filter(|unit| !scope::is_template(unit)) {
            let (user, name) = scope::split(unit);
            scopes.entry(user).or_default().push(name);
        }
        program.push_str("if command -v systemctl >/dev/null; then\n");
        for (user, units) in scopes {
            let units = quote_words(units);
            // without a bus there is no manager that could be asked: nothing runs in that scope
            let _ = match user {
                None => writeln!(program, "TZ=UTC systemctl {SHOW} -- {units} {SAY}"),
                Some(user) => writeln!(
                    program,
                    "if id=$(id -u -- {user} 2>/dev/null) && [ -S \"/run/user/$id/bus\" ]; then say scope {user}; \
                     answers unit '' {user} env TZ=UTC systemctl --user {SHOW} -- {units}; say unit; fi",
                    user = quote(user)
                ),
            };
        }
        program.push_str("else say lacks systemctl; fi\n");
    }
}
