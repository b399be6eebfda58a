//! Authorizations: tokens and what they may do.

use super::api::{State, created, gone, object, ok, only, parameter, text};
use super::error::{Refused, invalid, missing, unknown};
use super::meta::{Authorization, Meta, blank, identifier, now};
use super::permission::Permission;
use crate::web::{Answer, Request};
use serde_json::{Value, json};

/// An authorization, as the setup tells it.
pub fn told(authorization: &Authorization) -> Value {
    json!({
        "id": authorization.id,
        "token": authorization.token,
        "status": authorization.status,
        "description": authorization.description,
        "orgID": authorization.org,
        "userID": authorization.user,
        "permissions": authorization.permissions,
        "createdAt": authorization.created,
        "updatedAt": authorization.updated,
        "links": links(authorization),
    })
}

fn links(authorization: &Authorization) -> Value {
    json!({
        "self": format!("/api/v2/authorizations/{}", authorization.id),
        "user": format!("/api/v2/users/{}", authorization.user),
    })
}

/// An authorization with the names of what it is for.
fn shown(meta: &Meta, authorization: &Authorization) -> Result<Value, Refused> {
    let (org, user) = (meta.org(&authorization.org)?, meta.user(&authorization.user)?);
    let permissions = authorization.permissions.iter().map(|permission| {
        let resource = &permission.resource;
        let mut shown = json!(permission);
        let name = resource.id.as_deref().and_then(|id| match resource.kind.as_str() {
            "buckets" => meta.bucket(id).ok().map(|bucket| &bucket.name),
            "orgs" => meta.org(id).ok().map(|org| &org.name),
            "users" => meta.user(id).ok().map(|user| &user.name),
            _ => None,
        });
        if let Some(name) = name {
            shown["resource"]["name"] = name.clone().into();
        }
        if let Some(org) = resource.org.as_deref().and_then(|id| meta.org(id).ok()) {
            shown["resource"]["org"] = org.name.clone().into();
        }
        shown
    });
    Ok(json!({
        "id": authorization.id,
        "token": authorization.token,
        "status": authorization.status,
        "description": authorization.description,
        "orgID": authorization.org,
        "org": org.name,
        "userID": authorization.user,
        "user": user.name,
        "permissions": permissions.collect::<Vec<_>>(),
        "links": links(authorization),
        "createdAt": authorization.created,
        "updatedAt": authorization.updated,
    }))
}

fn readable(own: &Authorization, authorization: &Authorization) -> Result<(), Refused> {
    own.may(&Permission::read("authorizations", Some(&authorization.id), Some(&authorization.org)))?;
    own.may(&Permission::read("users", Some(&authorization.user), None))
}

fn writable(own: &Authorization, authorization: &Authorization) -> Result<(), Refused> {
    own.may(&Permission::write("authorizations", Some(&authorization.id), Some(&authorization.org)))?;
    own.may(&Permission::write("users", Some(&authorization.user), None))
}

fn found<'m>(meta: &'m Meta, id: &str) -> Result<&'m Authorization, Refused> {
    meta.authorizations.iter().find(|known| known.id == id).ok_or_else(|| missing("authorization not found"))
}

/// `GET /api/v2/authorizations`
pub fn list(state: &State, own: &Authorization, request: &Request) -> Result<Answer, Refused> {
    only(request, &["userID", "user", "orgID", "org", "id"])?;
    let meta = &state.meta;
    let id = parameter(request, "id").map(identifier).transpose()?;
    let mut user = parameter(request, "userID").map(identifier).transpose()?;
    if user.is_none()
        && let Some(name) = parameter(request, "user")
    {
        let known = meta.users.iter().find(|user| user.name == name);
        user = Some(known.ok_or_else(|| missing("user not found"))?.id.clone());
    }
    let mut org = parameter(request, "orgID").map(identifier).transpose()?;
    if org.is_none()
        && let Some(name) = parameter(request, "org")
    {
        org = Some(meta.org_named(name)?.id.clone());
    }
    if let Some(id) = &id {
        found(meta, id)?;
    }
    let picked = meta.authorizations.iter().filter(|known| {
        id.as_ref().is_none_or(|id| known.id == *id)
            && user.as_ref().is_none_or(|user| known.user == *user)
            && org.as_ref().is_none_or(|org| known.org == *org)
            && readable(own, known).is_ok()
    });
    let picked: Vec<Value> = picked.filter_map(|known| shown(meta, known).ok()).collect();
    Ok(ok(&json!({"links": {"self": "/api/v2/authorizations"}, "authorizations": picked})))
}

/// `POST /api/v2/authorizations`
pub fn add(state: &mut State, own: &Authorization, request: &Request) -> Result<Answer, Refused> {
    let wrong = |why: &dyn std::fmt::Display| invalid(format!("invalid json structure: {why}"));
    let asked = object(request, &["status", "orgID", "userID", "description", "permissions"])?;
    let permissions: Vec<Permission> = match asked.get("permissions") {
        None | Some(Value::Null) => Vec::new(),
        Some(list) => serde_json::from_value(list.clone()).map_err(|error| wrong(&error))?,
    };
    if permissions.is_empty() {
        return Err(invalid("authorization must include permissions"));
    }
    for permission in &permissions {
        permission.check()?;
        for id in permission.resource.id.iter().chain(&permission.resource.org) {
            identifier(id).map_err(|refused| wrong(&refused.message))?;
        }
    }
    let org = text(&asked, "orgID")?.ok_or_else(|| invalid("org id required: invalid ID"))?;
    let status = text(&asked, "status")?.filter(|status| !status.is_empty()).unwrap_or("active");
    status_known(status)?;
    let asked = Authorization {
        status: status.to_owned(),
        description: text(&asked, "description")?.unwrap_or_default().to_owned(),
        org: identifier(org).map_err(|refused| wrong(&refused.message))?,
        user: match text(&asked, "userID")? {
            Some(id) => identifier(id).map_err(|refused| wrong(&refused.message))?,
            None => own.user.clone(),
        },
        permissions,
        ..blank()
    };
    own.may(&Permission::write("authorizations", None, Some(&asked.org)))?;
    own.may(&Permission::write("users", Some(&asked.user), None))?;
    for permission in &asked.permissions {
        own.may(permission).map_err(|refused| {
            super::error::forbidden(format!("permission {permission} is not allowed: {}", refused.message))
        })?;
    }
    if asked.permissions.iter().any(Permission::is_instance) {
        return Err(unknown("permissions over the instance"));
    }
    let made = state.meta.add_authorization(asked)?;
    shown(&state.meta, &made).map(|shown| created(&shown))
}

fn status_known(status: &str) -> Result<(), Refused> {
    if ["active", "inactive"].contains(&status) {
        return Ok(());
    }
    Err(invalid("invalid status: must be active or inactive"))
}

/// `GET /api/v2/authorizations/ID`
pub fn get(state: &State, own: &Authorization, id: &str) -> Result<Answer, Refused> {
    let authorization = found(&state.meta, id)?;
    readable(own, authorization)?;
    shown(&state.meta, authorization).map(|shown| ok(&shown))
}

/// `PATCH /api/v2/authorizations/ID`
pub fn update(state: &mut State, own: &Authorization, id: &str, request: &Request) -> Result<Answer, Refused> {
    let asked = object(request, &["status", "description"])?;
    let mut authorization = found(&state.meta, id)?.clone();
    readable(own, &authorization)?;
    writable(own, &authorization)?;
    if let Some(status) = text(&asked, "status")? {
        status_known(status)?;
        status.clone_into(&mut authorization.status);
    }
    if let Some(description) = text(&asked, "description")? {
        description.clone_into(&mut authorization.description);
    }
    authorization.updated = now();
    let answer = ok(&shown(&state.meta, &authorization)?);
    if let Some(known) = state.meta.authorizations.iter_mut().find(|known| known.id == id) {
        *known = authorization;
    }
    state.meta.save()?;
    Ok(answer)
}

/// `DELETE /api/v2/authorizations/ID`
pub fn remove(state: &mut State, own: &Authorization, id: &str) -> Result<Answer, Refused> {
    writable(own, found(&state.meta, id)?)?;
    state.meta.authorizations.retain(|known| known.id != id);
    state.meta.save()?;
    Ok(gone())
}
