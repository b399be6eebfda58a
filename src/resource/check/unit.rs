//! `unit`: whether a unit of systemd is active, and whether it starts at boot.

use super::{Reply, Verdict, WITHIN, say_reply};
use crate::host::quote;
use crate::resource::arguments::{USER, account_name, running_unit};
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::{Diagnostic, did_you_mean};
use serde::{Deserialize, Serialize};

/// `unit`.
pub(super) static SCHEMA: Schema = Schema::new(
    "unit",
    &[
        Argument::new("name", Shape::Text, "the unit; without a suffix it is a service").required().identity(),
        Argument::new(
            "state",
            Shape::Choice(&STATES),
            "how it must be; one that systemd does not know is none of them",
        )
        .default("active"),
        Argument::new("enabled", Shape::Flag, "whether it starts at boot; not said: it does not matter"),
        USER.meaning("whose unit it is: in the user's own systemd; default: the system's"),
        WITHIN,
    ],
);

/// A unit, and how it should be.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Unit {
    name: String,
    /// Whose it is, if not the system's.
    user: Option<String>,
    state: String,
    enabled: Option<bool>,
}

const STATES: [&str; 3] = ["active", "inactive", "failed"];

impl Unit {
    pub(super) fn read(fields: &mut Arguments<'_>) -> Option<Self> {
        let name = fields.required("name");
        let name = fields.read(name, running_unit);
        let user = fields.get("user");
        let user = fields.read(user, |node| match node.string()?.as_str() {
            // an empty value is for roles that leave it to their users
            "" | "root" => Ok(None),
            _ => account_name(node).map(Some),
        });
        let state = fields.get("state");
        let state = fields.read(state, |node| {
            let word = node.string()?;
            STATES.into_iter().find(|state| *state == word).ok_or_else(|| {
                let near = did_you_mean(&word, STATES).map(|near| format!("did you mean `{near}`?"));
                Diagnostic::at(&node.span, format!("`state` is one of {}, not `{word}`", STATES.join(", ")))
                    .hint(near.unwrap_or_else(|| "without it, the unit must be active".to_owned()))
                    .into()
            })
        });
        let enabled = fields.boolean("enabled");
        name.map(|name| Self { name, user: user.flatten(), state: state.unwrap_or("active").to_owned(), enabled })
    }

    pub(super) fn name(&self) -> String {
        match &self.user {
            None => self.name.clone(),
            Some(user) => format!("{user}/{}", self.name),
        }
    }

    pub(super) fn program(&self) -> String {
        let show = format!("show -p LoadState,ActiveState,SubState,UnitFileState,WantedBy -- {}", quote(&self.name));
        let ask = match &self.user {
            None => format!("systemctl {show}"),
            Some(user) => format!(
                "id=$(id -u -- {user}) || exit; [ -S \"/run/user/$id/bus\" ] || {{ echo 'the systemd of that user does not run'; exit 1; }}; \
                 set -- env XDG_RUNTIME_DIR=\"/run/user/$id\" DBUS_SESSION_BUS_ADDRESS=\"unix:path=/run/user/$id/bus\" systemctl --user {show}; \
                 if [ \"$id\" = \"$(id -u)\" ]; then \"$@\"; else cd / && runuser -u {user} -- \"$@\"; fi",
                user = quote(user)
            ),
        };
        format!(
            "if command -v systemctl >/dev/null; then reply=$(exec 2>&1; {ask}); status=$?; {}; else say lacks systemctl; fi\n",
            say_reply("0")
        )
    }

    pub(super) fn judge(&self, reply: &Reply) -> Verdict {
        if reply.status != 0 {
            return Verdict::no(super::first_line(&reply.body));
        }
        let value = |key: &str| {
            let mut pairs = reply.body.lines().filter_map(|line| line.split_once('='));
            pairs.find(|(found, _)| *found == key).map_or("", |(_, value)| value)
        };
        match value("LoadState") {
            "not-found" => return Verdict::no(format!("there is no unit {}", self.name)),
            "bad-setting" | "error" => return Verdict::no("systemd cannot load it"),
            _ => {}
        }
        let (active, boot) = (value("ActiveState"), value("UnitFileState"));
        let mut seen = format!("{active} ({})", value("SubState"));
        // while a unit reads its configuration anew, it serves
        let is_right = active == self.state || (self.state == "active" && matches!(active, "reloading" | "refreshing"));
        let starts = match boot {
            "enabled" | "enabled-runtime" => true,
            // whoever generates a unit says who wants it, too
            "generated" => !value("WantedBy").is_empty(),
            _ => false,
        };
        if self.enabled.is_some() {
            let boot = if boot.is_empty() { "no unit file" } else { boot };
            seen.push_str(&format!(", {boot}"));
        }
        let verdict =
            if is_right && self.enabled.is_none_or(|enabled| enabled == starts) { Verdict::yes } else { Verdict::no };
        verdict(seen)
    }
}
