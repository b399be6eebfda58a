//! Access to a service: where it is, and who asks.

use super::conversation::{Asked, Unfinished};
use super::service::Service;
use crate::ability::http::{Reply, Request};
use crate::host::in_query;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Who asks.
#[derive(Clone, Copy)]
pub enum Auth<'a> {
    /// Nobody in particular.
    None,
    /// Who has a token.
    Token {
        /// The word before it: `Token`, `Bearer`.
        scheme: &'a str,
        /// The token.
        token: &'a str,
    },
    /// Who knows a password.
    Basic {
        /// The user, whose name has no `:`.
        user: &'a str,
        /// The password.
        password: &'a str,
    },
}

impl Auth<'_> {
    /// The header that says it.
    pub fn header(self) -> Option<(String, String)> {
        let value = match self {
            Self::None => return None,
            Self::Token { scheme, token } => format!("{scheme} {token}"),
            Self::Basic { user, password } => format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))),
        };
        Some(("Authorization".to_owned(), value))
    }
}

/// A service, where it is, and who asks it.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// What it is.
    pub service: &'static Service,
    /// Its URL, without a slash at its end.
    pub url: &'a str,
    /// Who asks.
    pub auth: Auth<'a>,
}

impl Access<'_> {
    /// The same, asked by nobody in particular.
    #[must_use]
    pub fn anonymous(self) -> Self {
        Self { auth: Auth::None, ..self }
    }

    fn request(&self, method: &'static str, path: &str, query: &[(&str, &str)], body: Option<&Value>) -> Request {
        let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", in_query(value))).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let mut headers: Vec<_> = self.auth.header().into_iter().collect();
        if body.is_some() {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        Request {
            method,
            url: format!("{}{}/{path}{query}", self.url, self.service.base),
            headers,
            body: body.map(ToString::to_string),
        }
    }

    /// Asks for something.
    pub fn get(&self, path: &str, query: &[(&str, &str)]) -> Request {
        self.request("GET", path, query, None)
    }

    /// Has something made, of which `what` is said where that fails: "make the bucket telegraf".
    ///
    /// # Errors
    /// When it has not been asked for yet, or the service does not do it.
    pub fn create(&self, asked: &mut Asked<'_>, path: &str, body: &Value, what: &str) -> Result<Value, Unfinished> {
        let reply = asked.ask(self.request("POST", path, &[], Some(body)))?;
        self.done(reply, &[self.service.created], what)
    }

    /// Has something changed, by `PATCH` or `PUT`.
    ///
    /// # Errors
    /// As of [`Self::create`].
    pub fn update(
        &self,
        asked: &mut Asked<'_>,
        method: &'static str,
        path: &str,
        body: &Value,
        what: &str,
    ) -> Result<Value, Unfinished> {
        let reply = asked.ask(self.request(method, path, &[], Some(body)))?;
        self.done(reply, &[self.service.updated], what)
    }

    /// Has something removed; what is not there any more is.
    ///
    /// # Errors
    /// As of [`Self::create`].
    pub fn delete(&self, asked: &mut Asked<'_>, path: &str, what: &str) -> Result<(), Unfinished> {
        let reply = asked.ask(self.request("DELETE", path, &[], None))?;
        self.done(reply, &[self.service.deleted, 404], what).map(drop)
    }

    fn done(&self, reply: &Reply, statuses: &[u16], what: &str) -> Result<Value, Unfinished> {
        match statuses.contains(&reply.status) {
            true => Ok(reply.json()),
            false => Err(Unfinished::Failed(self.service.refused(reply, what))),
        }
    }
}
