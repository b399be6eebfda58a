//! Buckets.

use super::api::{State, created, gone, integer, object, ok, only, page, parameter, text};
use super::error::{Refused, conflict, internal, invalid, unknown, unprocessable};
use super::meta::{Authorization, Bucket, identifier, long_enough, name_allowed, now, shard_of};
use super::permission::Permission;
use crate::web::{Answer, Request};
use serde_json::{Map, Value, json};

/// A bucket, as the API shows it.
pub fn shown(bucket: &Bucket) -> Value {
    let of = |what: &str| format!("/api/v2/buckets/{}/{what}", bucket.id);
    let mut shown = json!({
        "id": bucket.id,
        "orgID": bucket.org,
        "type": if bucket.system { "system" } else { "user" },
    });
    if !bucket.description.is_empty() {
        shown["description"] = bucket.description.clone().into();
    }
    shown["name"] = bucket.name.clone().into();
    shown["retentionRules"] = json!([{
        "type": "expire",
        "everySeconds": bucket.retention,
        "shardGroupDurationSeconds": bucket.shard,
    }]);
    shown["createdAt"] = bucket.created.clone().into();
    shown["updatedAt"] = bucket.updated.clone().into();
    shown["links"] = json!({
        "labels": of("labels"),
        "members": of("members"),
        "org": format!("/api/v2/orgs/{}", bucket.org),
        "owners": of("owners"),
        "self": format!("/api/v2/buckets/{}", bucket.id),
        "write": format!("/api/v2/write?org={}&bucket={}", bucket.org, bucket.id),
    });
    shown["labels"] = json!([]);
    shown
}

/// Retention and span of a shard, in seconds, that the first rule asks for.
fn rule(asked: &Map<String, Value>) -> Result<(Option<i64>, Option<i64>), Refused> {
    let rules = match asked.get("retentionRules") {
        None | Some(Value::Null) => return Ok((None, None)),
        Some(Value::Array(rules)) => rules,
        Some(_) => return Err(invalid("failed to unmarshal json: retentionRules is not a list")),
    };
    if rules.len() > 1 {
        return Err(unprocessable("buckets cannot have more than one retention rule at this time"));
    }
    let Some(rule) = rules.first() else { return Ok((None, None)) };
    let Value::Object(rule) = rule else {
        return Err(invalid("failed to unmarshal json: a retention rule is not an object"));
    };
    let known = ["type", "everySeconds", "shardGroupDurationSeconds"];
    if let Some(name) = rule.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(unknown(format!("the field {name} of retention rules")));
    }
    if !matches!(text(rule, "type")?, None | Some("expire")) {
        return Err(unknown("retention rules that do not expire"));
    }
    let (every, shard) = (integer(rule, "everySeconds")?, integer(rule, "shardGroupDurationSeconds")?);
    if every.is_some_and(|every| every < 0) {
        return Err(unprocessable("expiration seconds cannot be negative"));
    }
    if shard.is_some_and(|shard| shard < 0) {
        return Err(unprocessable("shard-group duration seconds cannot be negative"));
    }
    Ok((every, shard))
}

/// `GET /api/v2/buckets`
pub fn list(state: &State, own: &Authorization, request: &Request) -> Result<Answer, Refused> {
    only(request, &["after", "descending", "id", "limit", "name", "offset", "org", "orgID"])?;
    let meta = &state.meta;
    let mut org = parameter(request, "orgID").map(identifier).transpose()?;
    let mut found: Vec<Bucket> = if let Some(id) = parameter(request, "id") {
        vec![meta.bucket(&identifier(id)?)?.clone()]
    } else {
        if org.is_none()
            && let Some(name) = parameter(request, "org")
        {
            org = Some(meta.org_named(name)?.id.clone());
        }
        match (&org, parameter(request, "name")) {
            (Some(org), Some(name)) => vec![meta.bucket_named(org, name)?.clone()],
            (org, name) => {
                let all = meta.buckets.iter();
                let found = all.filter(|bucket| {
                    org.as_ref().is_none_or(|org| bucket.org == *org) && name.is_none_or(|name| bucket.name == name)
                });
                found.cloned().collect()
            }
        }
    };
    if org.is_some() {
        found.sort_by(|one, two| one.name.cmp(&two.name));
    } else {
        found.sort_by(|one, two| one.id.cmp(&two.id));
    }
    let (mut found, links) = page(request, "/api/v2/buckets", found, |bucket| &bucket.id)?;
    found.retain(|bucket| own.may_read(bucket).is_ok());
    let buckets: Vec<Value> = found.iter().map(shown).collect();
    Ok(ok(&json!({"links": links, "buckets": buckets})))
}

/// `POST /api/v2/buckets`
pub fn add(state: &mut State, own: &Authorization, request: &Request) -> Result<Answer, Refused> {
    let asked = object(request, &["orgID", "name", "description", "retentionRules"])?;
    let org = text(&asked, "orgID")?.ok_or_else(|| invalid("organization id must be provided"))?;
    let org = identifier(org).map_err(|refused| invalid(format!("failed to unmarshal json: {}", refused.message)))?;
    let (retention, shard) = rule(&asked)?;
    own.may(&Permission::write("buckets", None, Some(&org)))?;
    let name = text(&asked, "name")?.unwrap_or_default();
    let description = text(&asked, "description")?.unwrap_or_default();
    let bucket =
        state.meta.add_bucket(&org, name, description, retention.unwrap_or_default(), shard.unwrap_or_default())?;
    Ok(created(&shown(&bucket)))
}

/// `GET /api/v2/buckets/ID`
pub fn get(state: &State, own: &Authorization, id: &str) -> Result<Answer, Refused> {
    let bucket = state.meta.bucket(id)?;
    own.may_read(bucket)?;
    Ok(ok(&shown(bucket)))
}

/// `PATCH /api/v2/buckets/ID`
pub fn update(state: &mut State, own: &Authorization, id: &str, request: &Request) -> Result<Answer, Refused> {
    let asked = object(request, &["name", "description", "retentionRules"])?;
    let (retention, shard) = rule(&asked)?;
    let mut bucket = state.meta.bucket(id)?.clone();
    if let Some(name) = text(&asked, "name")? {
        // Whoever renames a bucket must be able to read it.
        own.may_read(&bucket)?;
        own.may(&Permission::write("buckets", Some(id), Some(&bucket.org)))?;
        if name != bucket.name {
            if bucket.system {
                return Err(invalid("system buckets cannot be renamed"));
            }
            name_allowed(name)?;
            if state.meta.bucket_named(&bucket.org, name).is_ok() {
                return Err(conflict("bucket name is not unique"));
            }
            name.clone_into(&mut bucket.name);
        }
    }
    own.may(&Permission::write("buckets", Some(id), Some(&bucket.org)))?;
    let kept = retention.unwrap_or(bucket.retention);
    if retention.is_some() {
        long_enough(kept)?;
    }
    if (retention.is_some() || shard.is_some()) && kept > 0 && kept < shard.unwrap_or(bucket.shard) {
        return Err(unprocessable(
            "shard-group duration must also be updated to be smaller than new retention duration",
        ));
    }
    bucket.retention = kept;
    if let Some(shard) = shard {
        bucket.shard = shard_of(shard, kept);
    }
    if let Some(description) = text(&asked, "description")? {
        description.clone_into(&mut bucket.description);
    }
    bucket.updated = now();
    let answer = ok(&shown(&bucket));
    if let Some(known) = state.meta.buckets.iter_mut().find(|known| known.id == id) {
        *known = bucket;
    }
    state.meta.save()?;
    Ok(answer)
}

/// `DELETE /api/v2/buckets/ID`
pub fn remove(state: &mut State, own: &Authorization, id: &str) -> Result<Answer, Refused> {
    let bucket = state.meta.bucket(id)?;
    own.may(&Permission::write("buckets", Some(id), Some(&bucket.org)))?;
    if bucket.system {
        return Err(invalid("system buckets cannot be deleted"));
    }
    state.meta.buckets.retain(|bucket| bucket.id != id);
    state.meta.save()?;
    state.points.drop_bucket(id).map_err(|error| internal(error.to_string()))?;
    Ok(gone())
}
