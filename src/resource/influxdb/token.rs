//! One token: as it is declared, and as InfluxDB tells it.

use crate::resource::arguments::plain_name;
use crate::schema::{Argument, Arguments, Schema, Shape};
use crate::source::{Diagnostic, Diagnostics};
use crate::yaml::Node;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// What descriptions begin with of tokens that solti has made.
pub(super) const MARK: &str = "solti: ";
/// One token.
pub(super) static ONE: Schema = Schema::new(
    "a token",
    &[
        Argument::new("name", Shape::Text, "what it is called").required().lasts(),
        Argument::new("read", Shape::Several(&Shape::Text), "the buckets that it may read"),
        Argument::new("write", Shape::Several(&Shape::Text), "the buckets that it may write"),
    ],
)
.at_least_one(&["read", "write"]);

/// A token as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Token {
    pub name: String,
    pub permissions: BTreeSet<Permission>,
}

/// What a token may do with one bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Permission {
    pub action: String,
    pub bucket: String,
}

impl Token {
    /// Reads [`ONE`].
    pub fn read(node: &Node) -> Result<Self, Diagnostics> {
        let mut fields = Arguments::new(node, &ONE)?;
        let name = fields.required("name");
        let name = fields.read(name, |node| plain_name(node, "a token"));
        let mut permissions = BTreeSet::new();
        for action in ["read", "write"] {
            let buckets = fields.strings(action).unwrap_or_default();
            permissions.extend(buckets.into_iter().map(|bucket| Permission { action: action.to_owned(), bucket }));
        }
        if permissions.is_empty() {
            let error =
                Diagnostic::at(fields.span(), "a token that may do nothing").hint("read: [BUCKET], write: [BUCKET]");
            fields.error(error);
        }
        fields.finish_with(name.map(|name| Self { name, permissions }))
    }

    /// The name under which the host keeps it.
    pub fn secret(&self) -> String {
        secret_name(&self.name)
    }

    pub fn shown(&self) -> String {
        let words: Vec<String> =
            self.permissions.iter().map(|permission| format!("{} {}", permission.action, permission.bucket)).collect();
        words.join(", ")
    }
}

pub(super) fn secret_name(token: &str) -> String {
    format!("influxdb_token_{token}")
}

/// An authorization of solti's, as InfluxDB tells it.
pub(super) struct Given<'v> {
    pub name: &'v str,
    pub id: &'v str,
    /// Empty where InfluxDB keeps only a hash of it.
    pub token: &'v str,
    pub permissions: Option<BTreeSet<Permission>>,
    pub active: bool,
    /// RFC 3339, always of the same length and zone.
    pub created: &'v str,
}

impl<'v> Given<'v> {
    pub fn all(authorizations: &'v [Value]) -> Vec<Self> {
        authorizations.iter().filter_map(Self::read).collect()
    }

    fn read(authorization: &'v Value) -> Option<Self> {
        let permissions = authorization["permissions"].as_array().into_iter().flatten();
        let permissions = permissions.map(|permission| {
            let resource = &permission["resource"];
            let bucket = (resource["type"] == "buckets").then(|| resource["name"].as_str()).flatten()?;
            Some(Permission { action: permission["action"].as_str()?.to_owned(), bucket: bucket.to_owned() })
        });
        Some(Self {
            name: authorization["description"].as_str()?.strip_prefix(MARK)?,
            id: authorization["id"].as_str()?,
            token: authorization["token"].as_str().unwrap_or_default(),
            permissions: permissions.collect(),
            active: authorization["status"] == "active",
            created: authorization["createdAt"].as_str().unwrap_or_default(),
        })
    }

    /// The one that is this token: the newest, where there are several.
    pub fn of<'g>(all: &'g [Self], token: &Token) -> Option<&'g Self> {
        all.iter().filter(|given| given.may_what(token)).max_by_key(|given| given.created)
    }

    pub fn may_what(&self, token: &Token) -> bool {
        self.active && self.name == token.name && self.permissions.as_ref() == Some(&token.permissions)
    }
}
