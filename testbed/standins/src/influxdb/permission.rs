//! Permissions: what a token may do with which resources.

use super::error::{Refused, invalid};
use serde::{Deserialize, Serialize};
use std::fmt;

/// All kinds of resources, in InfluxDB's order; `instance` is not for tokens.
const KINDS: &[&str] = &[
    "authorizations",
    "buckets",
    "dashboards",
    "orgs",
    "sources",
    "tasks",
    "telegrafs",
    "users",
    "variables",
    "scrapers",
    "secrets",
    "labels",
    "views",
    "documents",
    "notificationRules",
    "notificationEndpoints",
    "checks",
    "dbrp",
    "notebooks",
    "annotations",
    "remotes",
    "replications",
];
const INSTANCE: &str = "instance";

/// `read` or `write` of resources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Permission {
    /// What may be done.
    pub action: String,
    /// With what.
    pub resource: Resource,
}

/// One resource, those of an organization, or all of a kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// The kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// Which one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Whose.
    #[serde(rename = "orgID", default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
}

impl Permission {
    /// To read `kind`: one, those of an organization, or all.
    pub fn read(kind: &str, id: Option<&str>, org: Option<&str>) -> Self {
        Self::new("read", kind, id, org)
    }

    /// To write `kind`: one, those of an organization, or all.
    pub fn write(kind: &str, id: Option<&str>, org: Option<&str>) -> Self {
        Self::new("write", kind, id, org)
    }

    fn new(action: &str, kind: &str, id: Option<&str>, org: Option<&str>) -> Self {
        let resource = Resource { kind: kind.to_owned(), id: id.map(str::to_owned), org: org.map(str::to_owned) };
        Self { action: action.to_owned(), resource }
    }

    /// Whether whoever has this one may do what `wanted` says.
    pub fn grants(&self, wanted: &Self) -> bool {
        let (mine, theirs) = (&self.resource, &wanted.resource);
        if self.action != wanted.action {
            return false;
        }
        if mine.kind == INSTANCE {
            return true;
        }
        if mine.kind != theirs.kind {
            return false;
        }
        match (&mine.id, &mine.org) {
            (None, None) => true,
            (None, org) => *org == theirs.org,
            (id, _) => *id == theirs.id,
        }
    }

    /// Refuses what is no permission.
    ///
    /// # Errors
    /// In InfluxDB's words.
    pub fn check(&self) -> Result<(), Refused> {
        let kind = self.resource.kind.as_str();
        if !KINDS.contains(&kind) && kind != INSTANCE {
            return Err(invalid("invalid resource type for permission: unknown resource type for permission"));
        }
        if !["read", "write"].contains(&self.action.as_str()) {
            return Err(invalid("invalid action type for permission: unknown action for permission"));
        }
        Ok(())
    }

    /// Whether it is one over the whole instance.
    pub fn is_instance(&self) -> bool {
        self.resource.kind == INSTANCE
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}:", self.action)?;
        if let Some(org) = &self.resource.org {
            write!(to, "orgs/{org}/")?;
        }
        write!(to, "{}", self.resource.kind)?;
        self.resource.id.as_ref().map_or(Ok(()), |id| write!(to, "/{id}"))
    }
}

/// What the token of the setup may do: everything.
pub fn operator() -> Vec<Permission> {
    let both = |kind: &&str| [Permission::read(kind, None, None), Permission::write(kind, None, None)];
    KINDS.iter().flat_map(both).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_reach_as_far_as_they_say() {
        let all = Permission::read("buckets", None, None);
        let org = Permission::read("buckets", None, Some("o"));
        let one = Permission::read("buckets", Some("b"), Some("o"));
        for have in [&all, &org, &one] {
            assert!(have.grants(&one));
            assert!(!have.grants(&Permission::write("buckets", Some("b"), Some("o"))));
            assert!(!have.grants(&Permission::read("orgs", Some("o"), None)));
        }
        assert!(!one.grants(&org));
        assert!(!one.grants(&Permission::read("buckets", Some("c"), Some("o"))));
        assert!(!org.grants(&Permission::read("buckets", Some("b"), Some("p"))));
        assert!(!org.grants(&all));
        assert!(operator().iter().any(|permission| permission.grants(&all)));
    }

    #[test]
    fn permissions_are_written_as_paths() {
        assert_eq!(Permission::write("buckets", Some("b"), Some("o")).to_string(), "write:orgs/o/buckets/b");
        assert_eq!(Permission::read("users", Some("u"), None).to_string(), "read:users/u");
        assert!(Permission::read("bucket", None, None).check().is_err());
    }
}
