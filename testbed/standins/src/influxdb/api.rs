//! InfluxDB's HTTP API.

use super::error::{Refused, invalid, missing, unauthorized, unknown};
use super::meta::{Authorization, Meta, Org, identifier};
use super::points::Points;
use super::{authorizations, buckets, delete, query, tenants, write};
use crate::web::{self, Answer, Request};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A running InfluxDB.
#[derive(Debug)]
pub struct Influx {
    /// All that it keeps.
    pub state: Mutex<State>,
    /// When it was started.
    pub started: Instant,
    /// The same, by the clock.
    pub since: Timestamp,
    /// Which release it passes for.
    pub version: String,
}

/// All that is kept.
#[derive(Debug)]
pub struct State {
    /// Users, organizations, buckets and tokens.
    pub meta: Meta,
    /// The points.
    pub points: Points,
}

impl Influx {
    /// What is kept; a thread that died while it had it has left it whole.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request.
    pub fn answer(&self, request: &Request) -> Answer {
        let mut answer = self.route(request).unwrap_or_else(|refused| refused.answer());
        let headers = answer.headers_mut();
        headers.insert(HeaderName::from_static("x-influxdb-build"), HeaderValue::from_static("OSS"));
        if let Ok(version) = HeaderValue::from_str(&self.version) {
            headers.insert(HeaderName::from_static("x-influxdb-version"), version);
        }
        answer
    }

    fn route(&self, request: &Request) -> Result<Answer, Refused> {
        let path = request.path.trim_end_matches('/');
        match (&request.method, path) {
            (&Method::GET | &Method::HEAD, "/ping") => return Ok(web::text(StatusCode::NO_CONTENT, "")),
            (&Method::GET, "/health") => {
                return Ok(ok(&json!({
                    "name": "influxdb", "message": "ready for queries and writes", "status": "pass", "checks": [],
                    "version": self.version, "commit": "stand-in",
                })));
            }
            (&Method::GET, "/ready") => {
                let up = format!("{:?}", self.started.elapsed());
                return Ok(ok(&json!({"status": "ready", "started": self.since.to_string(), "up": up})));
            }
            (&Method::GET, "/api/v2/setup") => return Ok(ok(&json!({"allowed": self.state().meta.fresh()}))),
            (&Method::POST, "/api/v2/setup") => return tenants::setup(&mut self.state(), request),
            _ => {}
        }
        let Some(api) = path.strip_prefix("/api/v2/") else {
            return Err(unknown(format!("{} {path}", request.method)));
        };
        let mut state = self.state();
        let state = &mut *state;
        let own = authorized(&state.meta, request)?;
        let parts: Vec<&str> = api.split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("GET", ["me"]) => tenants::me(state, &own),
            ("GET", ["users"]) => tenants::users(state, &own, request),
            ("POST", ["users"]) => tenants::add_user(state, &own, request),
            ("GET", ["users", id]) => tenants::user(state, &own, &identifier(id)?),
            ("POST", ["users", id, "password"]) => tenants::password(state, &own, &identifier(id)?, request),
            ("GET", ["orgs"]) => tenants::orgs(state, &own, request),
            ("POST", ["orgs"]) => tenants::add_org(state, &own, request),
            ("GET", ["orgs", id]) => tenants::org(state, &own, &identifier(id)?),
            ("GET", ["buckets"]) => buckets::list(state, &own, request),
            ("POST", ["buckets"]) => buckets::add(state, &own, request),
            ("GET", ["buckets", id]) => buckets::get(state, &own, &identifier(id)?),
            ("PATCH", ["buckets", id]) => buckets::update(state, &own, &identifier(id)?, request),
            ("DELETE", ["buckets", id]) => buckets::remove(state, &own, &identifier(id)?),
            ("GET", ["authorizations"]) => authorizations::list(state, &own, request),
            ("POST", ["authorizations"]) => authorizations::add(state, &own, request),
            ("GET", ["authorizations", id]) => authorizations::get(state, &own, &identifier(id)?),
            ("PATCH", ["authorizations", id]) => authorizations::update(state, &own, &identifier(id)?, request),
            ("DELETE", ["authorizations", id]) => authorizations::remove(state, &own, &identifier(id)?),
            ("POST", ["write"]) => write::write(state, &own, request),
            ("POST", ["query"]) => query::query(state, &own, request),
            ("POST", ["delete"]) => delete::delete(state, &own, request),
            _ => Err(unknown(format!("{} {path}", request.method))),
        }
    }
}

/// The authorization that the request's token stands for.
fn authorized(meta: &Meta, request: &Request) -> Result<Authorization, Refused> {
    let header = request.header("Authorization").unwrap_or_default();
    let token = ["token ", "bearer "].iter().find_map(|scheme| {
        let (start, token) = header.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(token)
    });
    let found = token.and_then(|token| meta.authorizations.iter().find(|known| known.token == token));
    let found = found.ok_or_else(|| unauthorized("unauthorized access"))?;
    if meta.user(&found.user).is_ok_and(|user| user.status == "inactive") {
        return Err(super::error::forbidden("User is inactive"));
    }
    Ok(found.clone())
}

/// JSON that answers.
pub fn ok(body: &Value) -> Answer {
    web::json(StatusCode::OK, body)
}

/// JSON of something new.
pub fn created(body: &Value) -> Answer {
    web::json(StatusCode::CREATED, body)
}

/// The end of something.
pub fn gone() -> Answer {
    web::text(StatusCode::NO_CONTENT, "")
}

/// The request's JSON object, in which only some fields are known.
///
/// # Errors
/// It is no object, or has other fields.
pub fn object(request: &Request, known: &[&str]) -> Result<Map<String, Value>, Refused> {
    let body: Value =
        serde_json::from_slice(&request.body).map_err(|error| invalid(format!("failed to unmarshal json: {error}")))?;
    let Value::Object(object) = body else {
        return Err(invalid("failed to unmarshal json: json: cannot unmarshal into Go value of type object"));
    };
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(unknown(format!("the field {key}"))),
        None => Ok(object),
    }
}

/// A field of text, if it is there.
///
/// # Errors
/// It is something else.
pub fn text<'o>(object: &'o Map<String, Value>, name: &str) -> Result<Option<&'o str>, Refused> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(invalid(format!(
            "failed to unmarshal json: json: cannot unmarshal value into Go struct field {name} of type string"
        ))),
    }
}

/// A field with a whole number, if it is there.
///
/// # Errors
/// It is something else.
pub fn integer(object: &Map<String, Value>, name: &str) -> Result<Option<i64>, Refused> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or_else(|| {
            invalid(format!(
                "failed to unmarshal json: json: cannot unmarshal value into Go struct field {name} of type int64"
            ))
        }),
    }
}

/// A parameter, if it says something.
pub fn parameter<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.parameter(name).filter(|value| !value.is_empty())
}

/// The organization that `org`, an id or a name, and `orgID` speak of.
///
/// # Errors
/// It is not there, or none is spoken of.
pub fn organization<'m>(meta: &'m Meta, request: &Request) -> Result<&'m Org, Refused> {
    if let Some(id) = parameter(request, "orgID") {
        return meta.org(&identifier(id)?);
    }
    let name = parameter(request, "org").ok_or_else(|| invalid("Please provide either orgID or org"))?;
    match identifier(name) {
        Ok(id) => meta.org(&id),
        Err(_) => meta.org_named(name),
    }
}

/// Refuses parameters that are not known.
///
/// # Errors
/// There are some.
pub fn only(request: &Request, known: &[&str]) -> Result<(), Refused> {
    match request.parameters.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        Some((name, _)) => Err(unknown(format!("the parameter {name}"))),
        None => Ok(()),
    }
}

/// The part of a list that `limit`, `offset`, `after` and `descending` pick, and the links to it and its neighbours.
///
/// # Errors
/// A parameter that cannot be.
pub fn page<T: Clone>(
    request: &Request,
    path: &str,
    all: Vec<T>,
    id: impl Fn(&T) -> &str,
) -> Result<(Vec<T>, Value), Refused> {
    let number = |name: &str, default: usize| match parameter(request, name) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| invalid(format!("{name} is invalid"))),
    };
    let (limit, offset) = (number("limit", 20)?, number("offset", 0)?);
    if !(1..=100).contains(&limit) {
        return Err(invalid("limit must be between 1 and 100"));
    }
    let descending = match parameter(request, "descending") {
        None | Some("false" | "0") => false,
        Some("true" | "1") => true,
        Some(_) => return Err(invalid("descending is invalid")),
    };
    let mut all = all;
    if descending {
        all.reverse();
    }
    if let Some(after) = parameter(request, "after") {
        let after = identifier(after).map_err(|refused| invalid(format!("decoding after: {}", refused.message)))?;
        let place = all.iter().position(|item| id(item) == after).ok_or_else(|| missing("bucket not found"))?;
        all.drain(..=place);
    }
    let page: Vec<T> = all.into_iter().skip(offset).take(limit).collect();
    let mut shown: Vec<(String, String)> = vec![
        ("descending".to_owned(), descending.to_string()),
        ("limit".to_owned(), limit.to_string()),
        ("offset".to_owned(), offset.to_string()),
    ];
    let more = request
        .parameters
        .iter()
        .filter(|(name, value)| !value.is_empty() && !["descending", "limit", "offset"].contains(&name.as_str()));
    shown.extend(more.cloned());
    shown.sort();
    let link = |offset: usize| {
        let fields = shown.iter().map(|(name, value)| match name.as_str() {
            "offset" => format!("offset={offset}"),
            _ => format!("{name}={}", encoded(value)),
        });
        format!("{path}?{}", fields.collect::<Vec<_>>().join("&"))
    };
    let mut links = json!({"self": link(offset)});
    if page.len() >= limit {
        links["next"] = link(offset + limit).into();
    }
    if offset > 0 {
        links["prev"] = link(offset.saturating_sub(limit)).into();
    }
    Ok((page, links))
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
