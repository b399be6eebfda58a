//! A service, as far as all of its objects have it in common: how it says that it has done something, and why it has not.

use crate::ability::http::Reply;
use crate::host::excerpt;
use serde_json::Value;

/// How much of what a service says is shown, in characters.
const SHOWN: usize = 200;

/// What is known of a service.
pub struct Service {
    /// Its name.
    pub name: &'static str,
    /// What all paths of its API begin with, after the URL.
    pub base: &'static str,
    /// The status of an answer that something was made.
    pub created: u16,
    /// The status of an answer that something was changed.
    pub updated: u16,
    /// The status of an answer that something was removed.
    pub deleted: u16,
    /// Where in an answer it says what is wrong.
    pub message: &'static str,
    /// What is said when it does not know who asks.
    pub unknown_caller: &'static str,
}

impl Service {
    /// What was asked for; none where it is not there. Whatever else answers has not said that anything is missing: a
    /// proxy's page, or an answer that was cut off.
    ///
    /// # Errors
    /// When it does not say it.
    pub fn told(&self, reply: &Reply, what: &str) -> Result<Option<Value>, String> {
        let json = reply.json();
        match reply.status {
            200 if json.is_object() || json.is_array() => Ok(Some(json)),
            404 if json.is_object() => Ok(None),
            _ => Err(self.refused(reply, what)),
        }
    }

    /// The list of that name in an answer; nothing where what it is of is not there.
    ///
    /// # Errors
    /// When the service does not say it.
    pub fn listed(&self, reply: &Reply, list: &str, what: &str) -> Result<Vec<Value>, String> {
        let Some(mut told) = self.told(reply, what)? else { return Ok(Vec::new()) };
        match told.get_mut(list).map(Value::take) {
            Some(Value::Array(all)) => Ok(all),
            _ => Err(self.refused(reply, what)),
        }
    }

    /// What is said when it does not do something.
    pub fn refused(&self, reply: &Reply, what: &str) -> String {
        let json = reply.json();
        let said = json.pointer(self.message).and_then(Value::as_str);
        let message = said.unwrap_or_else(|| reply.body.trim().lines().next().unwrap_or_default());
        let (name, message) = (self.name, excerpt::beginning(message, SHOWN));
        match reply.status {
            0 => format!("{name} was to {what}, and does not answer: {message}"),
            401 => self.unknown_caller.to_owned(),
            status @ 200..300 => {
                format!(
                    "{name} was to {what}, and what answers is not {name}, or broke off: {message} (status {status})"
                )
            }
            status => format!("{name} was to {what}, and says: {message} (status {status})"),
        }
    }
}
