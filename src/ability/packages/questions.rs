//! What is asked about packages.

use super::OFFERS;
use crate::host::quote_words;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// When apt is asked which versions of a package it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Offers {
    /// Never.
    No,
    /// Where the package is not installed.
    IfMissing,
    /// Always.
    Always,
}

/// What is asked about packages.
#[derive(Debug, Clone, Default)]
pub struct Questions(BTreeMap<String, Offers>);

impl Questions {
    /// Asks which version of a package is installed, and perhaps what apt has of it.
    pub fn ask(&mut self, name: &str, offers: Offers) {
        let asked = self.0.entry(name.to_owned()).or_insert(offers);
        *asked = offers.max(*asked);
    }

    /// Adds the questions to a program.
    pub fn write(&self, program: &mut String) {
        if self.0.is_empty() {
            return;
        }
        let which =
            |wanted: Offers| quote_words(self.0.iter().filter(|(_, offers)| **offers == wanted).map(|(name, _)| name));
        // dpkg itself is of the host's own architecture; it keeps in `updates` what it has not done yet
        let _ = writeln!(
            program,
            r#"if command -v dpkg-query >/dev/null; then
found=$(dpkg-query -W -f='${{db:Status-Abbrev}} ${{Version}} ${{Package}} ${{Architecture}}\n' dpkg {} 2>/dev/null)
printf '%s\n' "$found" | while IFS= read -r line; do say package "$line"; done
for update in /var/lib/dpkg/updates/[0-9]*; do [ ! -e "$update" ] || say dpkg; break; done"#,
            quote_words(self.0.keys())
        );
        let (always, if_missing) = (which(Offers::Always), which(Offers::IfMissing));
        if !(always.is_empty() && if_missing.is_empty()) {
            let _ = writeln!(
                program,
                r#"{OFFERS}printf '%s\n' "$found" | {{ have=' '
while read -r status _ name architecture; do case $status in ?i*) have="$have$name $name:$architecture " ;; esac; done
set -- {always}
for name in {if_missing}; do case $have in *" $name "*) ;; *) set -- "$@" "$name" ;; esac; done
[ $# -eq 0 ] || offers "$@"; }}"#
            );
        }
        program.push_str("else say lacks dpkg-query; fi\n");
    }
}
