//! The first setup, organizations and users.

use super::api::{State, created, gone, integer, object, ok, only, parameter, text};
use super::error::{Refused, invalid};
use super::meta::{Authorization, Org, Setup, User, identifier};
use super::permission::Permission;
use super::{authorizations, buckets};
use crate::web::{Answer, Request};
use serde_json::{Value, json};

/// `POST /api/v2/setup`
pub fn setup(state: &mut State, request: &Request) -> Result<Answer, Refused> {
    let known = ["username", "password", "org", "bucket", "retentionPeriodSeconds", "retentionPeriodHrs", "token"];
    let asked = object(request, &known)?;
    let field = |name: &str| text(&asked, name).map(|text| text.unwrap_or_default().to_owned());
    // In spite of its name, the second one counts nanoseconds.
    let retention = match integer(&asked, "retentionPeriodSeconds")?.unwrap_or_default() {
        seconds @ 1.. => seconds,
        _ => integer(&asked, "retentionPeriodHrs")?.unwrap_or_default() / 1_000_000_000,
    };
    let setup = Setup {
        user: field("username")?,
        password: field("password")?,
        org: field("org")?,
        bucket: field("bucket")?,
        token: field("token")?,
        retention,
    };
    let (user, org, bucket, authorization) = state.meta.setup(&setup)?;
    Ok(created(&json!({
        "user": user_shown(&user),
        "bucket": buckets::shown(&bucket),
        "org": org_shown(&org),
        "auth": authorizations::told(&authorization),
    })))
}

fn user_shown(user: &User) -> Value {
    json!({
        "links": {"self": format!("/api/v2/users/{}", user.id)},
        "id": user.id,
        "name": user.name,
        "status": user.status,
    })
}

fn org_shown(org: &Org) -> Value {
    let of = |what: &str| format!("/api/v2/orgs/{}/{what}", org.id);
    let named = |what: &str| format!("/api/v2/{what}?org={}", org.name);
    json!({
        "links": {
            "buckets": named("buckets"),
            "dashboards": named("dashboards"),
            "labels": of("labels"),
            "logs": of("logs"),
            "members": of("members"),
            "owners": of("owners"),
            "secrets": of("secrets"),
            "self": format!("/api/v2/orgs/{}", org.id),
            "tasks": named("tasks"),
        },
        "id": org.id,
        "name": org.name,
        "description": org.description,
        "createdAt": org.created,
        "updatedAt": org.updated,
    })
}

/// `GET /api/v2/me`
pub fn me(state: &State, own: &Authorization) -> Result<Answer, Refused> {
    state.meta.user(&own.user).map(|user| ok(&user_shown(user)))
}

/// `GET /api/v2/users`
pub fn users(state: &State, own: &Authorization, request: &Request) -> Result<Answer, Refused> {
    only(request, &["id", "name", "limit", "offset"])?;
    let id = parameter(request, "id").map(identifier).transpose()?;
    let name = parameter(request, "name");
    if let Some(id) = &id {
        state.meta.user(id)?;
    }
    let all = state.meta.users.iter();
    let found = all
        .filter(|user| id.as_ref().is_none_or(|id| user.id == *id) && name.is_none_or(|name| user.name == name))
        .filter(|user| own.may(&Permission::read("users", Some(&user.id), None)).is_ok());
    let users: Vec<Value> = found.map(user_shown).collect();
    if name.is_some() && users.is_empty() {
        return Err(super::error::missing("user not found"));
    }
    Ok(ok(&json!({"links": {"self": "/api/v2/users"}, "users": users})))
}

/// `GET /api/v2/users/ID`
pub fn user(state: &State, own: &Authorization, id: &str) -> Result<Answer, Refused> {
    own.may(&Permission::read("users", Some(id), None))?;
    state.meta.user(id).map(|user| ok(&user_shown(user)))
}

/// `POST /api/v2/users`
pub fn add_user(state: &mut State, own: &Authorization, request: &Request) -> Result<Answer, Refused> {
    let asked = object(request, &["name", "status"])?;
    own.may(&Permission::write("users", None, None))?;
    if !matches!(text(&asked, "status")?, None | Some("active")) {
        return Err(super::error::unknown("users that are not active"));
    }
    let name = text(&asked, "name")?.unwrap_or_default();
    if name.is_empty() {
        return Err(invalid("name is empty"));
    }
    state.meta.add_user(name).map(|user| created(&user_shown(&user)))
}

/// `POST /api/v2/users/ID/password`
pub fn password(state: &mut State, own: &Authorization, id: &str, request: &Request) -> Result<Answer, Refused> {
    let asked = object(request, &["password"])?;
    own.may(&Permission::write("users", Some(id), None))?;
    state.meta.set_password(id, text(&asked, "password")?.unwrap_or_default()).map(|()| gone())
}

/// `GET /api/v2/orgs`
pub fn orgs(state: &State, own: &Authorization, request: &Request) -> Result<Answer, Refused> {
    only(request, &["org", "orgID", "limit", "offset", "descending"])?;
    let id = parameter(request, "orgID").map(identifier).transpose()?;
    if let Some(id) = &id {
        state.meta.org(id)?;
    }
    let name = parameter(request, "org");
    if let Some(name) = name {
        state.meta.org_named(name)?;
    }
    let all = state.meta.orgs.iter();
    let found = all
        .filter(|org| id.as_ref().is_none_or(|id| org.id == *id) && name.is_none_or(|name| org.name == name))
        .filter(|org| own.may(&Permission::read("orgs", Some(&org.id), None)).is_ok());
    let orgs: Vec<Value> = found.map(org_shown).collect();
    Ok(ok(&json!({"links": {"self": "/api/v2/orgs"}, "orgs": orgs})))
}

/// `GET /api/v2/orgs/ID`
pub fn org(state: &State, own: &Authorization, id: &str) -> Result<Answer, Refused> {
    own.may(&Permission::read("orgs", Some(id), None))?;
    state.meta.org(id).map(|org| ok(&org_shown(org)))
}

/// `POST /api/v2/orgs`
pub fn add_org(state: &mut State, own: &Authorization, request: &Request) -> Result<Answer, Refused> {
    let asked = object(request, &["name", "description"])?;
    own.may(&Permission::write("orgs", None, None))?;
    let description = text(&asked, "description")?.unwrap_or_default();
    state.meta.add_org(text(&asked, "name")?.unwrap_or_default(), description).map(|org| created(&org_shown(&org)))
}
