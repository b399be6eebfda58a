//! What systemd has said of units.

use super::{UnitState, Units};
use crate::ability::scope;
use std::collections::BTreeMap;

/// Takes in the records about units.
#[derive(Debug, Default)]
pub struct Answers {
    units: Units,
    /// What has been said of the unit in hand.
    properties: BTreeMap<String, String>,
    /// The user whose units follow; none for the system's.
    scope: Option<String>,
}

impl Answers {
    /// Takes one record; says whether it is one of these.
    pub fn record(&mut self, tag: &str, rest: &str) -> bool {
        match tag {
            "scope" => self.scope = Some(rest.to_owned()),
            "unit" => self.unit(rest),
            _ => return false,
        }
        true
    }

    /// All that was answered.
    pub fn finish(self) -> Units {
        self.units
    }

    fn unit(&mut self, rest: &str) {
        if let Some((key, value)) = rest.split_once('=') {
            self.properties.insert(key.to_owned(), value.to_owned());
            return;
        }
        let mut properties = std::mem::take(&mut self.properties);
        let mut take = |key: &str| properties.remove(key).unwrap_or_default();
        let (id, names) = (take("Id"), take("Names"));
        let unit = UnitState {
            load: take("LoadState"),
            active: take("ActiveState"),
            enabled: take("UnitFileState"),
            stale: take("NeedDaemonReload") == "yes",
            can_reload: take("CanReload") == "yes",
            since: timestamp(&take("ActiveEnterTimestamp")),
            fragment: take("FragmentPath"),
        };
        for name in names.split_whitespace().chain([id.as_str()]).filter(|name| !name.is_empty()) {
            self.units.insert(scope::key(self.scope.as_deref(), name), unit.clone());
        }
    }
}

/// systemd's `Sat 2026-11-21 11:06:00 UTC` in seconds since 1970; 0 if there is none.
fn timestamp(text: &str) -> i64 {
    jiff::civil::DateTime::strptime("%a %Y-%m-%d %H:%M:%S", text.trim_end_matches(" UTC"))
        .and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC))
        .map_or(0, |time| time.timestamp().as_second())
}
