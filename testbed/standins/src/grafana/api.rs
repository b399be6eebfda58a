//! Grafana's HTTP API, as much of it as there is.

use super::settings::Settings;
use super::state::{State, random};
use super::{provisioning, source};
use crate::release;
use crate::web::{self, Answer, Request};
use base64::Engine;
use hyper::header::{HeaderValue, SET_COOKIE};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A running Grafana.
#[derive(Debug)]
pub struct Grafana {
    /// How it is set.
    pub settings: Settings,
    /// What it keeps.
    pub state: Mutex<State>,
    /// Those who have logged in, by what their cookie says.
    pub sessions: Mutex<HashMap<String, String>>,
}

/// An answer that says something went wrong.
type Refused = (StatusCode, &'static str);

/// Why nobody knows who asks.
type Unknown = (&'static str, &'static str);

const NO_SOURCE: Refused = (StatusCode::NOT_FOUND, "Data source not found");

impl Grafana {
    pub fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.refresh();
        state
    }

    /// Answers a request.
    pub fn answer(&self, request: &Request) -> Answer {
        let path: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        match path.as_slice() {
            ["api", "health"] => {
                let body = json!({"database": "ok", "version": release::of("grafana"), "commit": "stand-in"});
                return web::json(StatusCode::OK, &body);
            }
            ["healthz"] => return web::text(StatusCode::OK, "Ok"),
            ["login"] if request.method == Method::POST => return self.login(request),
            ["login"] | [""] => {
                return web::of_kind(StatusCode::OK, "text/html; charset=UTF-8", "<title>Grafana</title>\n");
            }
            _ => {}
        }
        let user = match self.user(request) {
            Ok(user) => user,
            Err((id, why)) => return refused(id, why),
        };
        let (user, admin) = match &user {
            Some(user) => (user.as_str(), true),
            None => ("", self.settings.text("auth.anonymous", "org_role") == "Admin"),
        };
        self.found(request, &path, user, admin)
            .unwrap_or_else(|(status, why)| web::json(status, &json!({"message": why})))
    }

    fn login(&self, request: &Request) -> Answer {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let word = |key: &str| body[key].as_str().unwrap_or_default();
        if !self.state().knows(word("user"), word("password")) {
            return refused("password-auth.failed", "Invalid username or password");
        }
        let session = random();
        let cookie = format!("grafana_session={session}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax");
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).insert(session, word("user").to_owned());
        let mut answer = web::json(StatusCode::OK, &json!({"message": "Logged in", "redirectUrl": "/"}));
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            answer.headers_mut().insert(SET_COOKIE, cookie);
        }
        answer
    }

    /// Who asks; nobody, where that is allowed.
    fn user(&self, request: &Request) -> Result<Option<String>, Unknown> {
        if let Some(token) = request.header("authorization").and_then(|header| header.strip_prefix("Basic ")) {
            let pair = base64::engine::general_purpose::STANDARD.decode(token).unwrap_or_default();
            let pair = String::from_utf8_lossy(&pair).into_owned();
            let (login, password) = pair.split_once(':').unwrap_or((&pair, ""));
            if self.settings.flag("auth.basic", "enabled") && self.state().knows(login, password) {
                return Ok(Some(login.to_owned()));
            }
            return Err(("password-auth.failed", "Invalid username or password"));
        }
        let cookies = request.header("cookie").unwrap_or_default().split("; ");
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        for session in cookies.filter_map(|cookie| cookie.strip_prefix("grafana_session=")) {
            if let Some(login) = sessions.get(session) {
                return Ok(Some(login.clone()));
            }
        }
        if self.settings.flag("auth.anonymous", "enabled") {
            return Ok(None);
        }
        Err(("auth.unauthorized", "Unauthorized"))
    }

    fn found(&self, request: &Request, path: &[&str], user: &str, admin: bool) -> Result<Answer, Refused> {
        let body = || {
            serde_json::from_slice::<Value>(&request.body).map_err(|_| (StatusCode::BAD_REQUEST, "bad request data"))
        };
        let ok = |body: Value| Ok(web::json(StatusCode::OK, &body));
        let denied = (StatusCode::FORBIDDEN, "Permission denied");
        let (get, post) = (request.method == Method::GET, request.method == Method::POST);
        match path {
            ["api", "user"] if get => {
                let super_user = user == self.settings.text("security", "admin_user");
                ok(json!({"id": 1, "uid": "admin", "login": user, "email": format!("{user}@localhost"), "name": "",
                    "orgId": 1, "isGrafanaAdmin": super_user, "isDisabled": false, "isExternal": false}))
            }
            ["api", "org"] if get => ok(json!({"id": 1, "name": "Main Org."})),
            ["api", "frontend", "settings"] if get => {
                ok(json!({"appUrl": self.settings.root_url(), "buildInfo": {"version": release::of("grafana")}}))
            }
            ["api", "search"] if get => {
                let query = request.parameter("query").unwrap_or_default().to_lowercase();
                let title =
                    |kept: &&Value| kept["title"].as_str().is_some_and(|title| title.to_lowercase().contains(&query));
                let state = self.state();
                let found = state.dashboards.iter().filter(title).map(|kept| {
                    let uid = kept["uid"].as_str().unwrap_or_default();
                    json!({"id": kept["id"], "uid": uid, "title": kept["title"], "type": "dash-db",
                        "url": format!("/d/{uid}"), "folderTitle": kept["folder"], "tags": kept["dashboard"]["tags"]})
                });
                ok(found.collect())
            }
            ["api", "dashboards", "uid", uid] if get => {
                let state = self.state();
                let kept = state.dashboards.iter().find(|kept| kept["uid"] == *uid);
                let kept = kept.ok_or((StatusCode::NOT_FOUND, "Dashboard not found"))?;
                let meta = json!({"provisioned": !kept["provider"].is_null(), "folderTitle": kept["folder"], "url": format!("/d/{uid}")});
                ok(json!({"dashboard": kept["dashboard"], "meta": meta}))
            }
            ["api", "dashboards", "db"] if post && admin => self.keep_dashboard(&body()?),
            ["api", "ds", "query"] if post => Ok(self.query(&body()?)),
            ["api", "datasources", "uid", uid, "health"] if get => {
                let source = self.source("uid", uid)?;
                let (status, body) = source::health(&source);
                Ok(web::json(status, &body))
            }
            ["api", "datasources", "proxy", "uid", uid, rest @ ..] => {
                self.proxied(&self.source("uid", uid)?, rest, request)
            }
            _ if !admin => Err(denied),
            ["api", "admin", "settings"] if get => ok(self.settings.shown()),
            ["api", "admin", "provisioning", what @ ("datasources" | "dashboards"), "reload"] if post => {
                let folder = self.settings.path("provisioning");
                let (done, message) = match *what {
                    "datasources" => {
                        (provisioning::datasources(&folder, &mut self.state()), "Datasources config reloaded")
                    }
                    _ => {
                        let providers = provisioning::providers(&folder);
                        let taken =
                            providers.and_then(|providers| provisioning::dashboards(&providers, &mut self.state()));
                        (taken, "Dashboards config reloaded")
                    }
                };
                match done {
                    Ok(()) => ok(json!({"message": message})),
                    Err(why) => {
                        super::log("error", "provisioning", "Failed to provision", &[("error", &why)]);
                        Err((StatusCode::INTERNAL_SERVER_ERROR, ""))
                    }
                }
            }
            ["api", "datasources"] if get => ok(self.state().sources.iter().map(shown).collect()),
            ["api", "datasources"] if post => self.add(&body()?),
            ["api", "datasources", key @ ("uid" | "name"), value] => {
                let value = web::decoded(value);
                let source = self.source(key, &value)?;
                match request.method {
                    Method::GET => ok(shown(&source)),
                    Method::DELETE if source["readOnly"] == true => {
                        Err((StatusCode::FORBIDDEN, "Cannot delete read-only data source"))
                    }
                    Method::DELETE => {
                        let mut state = self.state();
                        state.sources.retain(|kept| kept["id"] != source["id"]);
                        kept(&mut state)?;
                        ok(json!({"id": source["id"], "message": "Data source deleted"}))
                    }
                    Method::PUT if source["readOnly"] == true => {
                        Err((StatusCode::FORBIDDEN, "Cannot update read-only data source"))
                    }
                    Method::PUT => {
                        let mut state = self.state();
                        let mut changed = source.clone();
                        take(&mut changed, &body()?);
                        let slot = state.sources.iter_mut().find(|kept| kept["id"] == source["id"]);
                        *slot.ok_or(NO_SOURCE)? = changed.clone();
                        kept(&mut state)?;
                        ok(json!({"datasource": shown(&changed), "id": changed["id"], "name": changed["name"],
                            "message": "Datasource updated"}))
                    }
                    _ => Err((StatusCode::NOT_FOUND, "Not found")),
                }
            }
            _ => Err((StatusCode::NOT_FOUND, "Not found")),
        }
    }

    fn source(&self, key: &str, value: &str) -> Result<Value, Refused> {
        self.state().sources.iter().find(|source| source[key] == value).cloned().ok_or(NO_SOURCE)
    }

    fn add(&self, body: &Value) -> Result<Answer, Refused> {
        let name = body["name"].as_str().filter(|name| !name.is_empty());
        if name.is_none() || body["type"].as_str().is_none() || body["access"].as_str().is_none() {
            return Err((StatusCode::BAD_REQUEST, "bad request data"));
        }
        let mut state = self.state();
        if state.sources.iter().any(|kept| kept["name"] == body["name"]) {
            return Err((StatusCode::CONFLICT, "data source with the same name already exists"));
        }
        let mut source = json!({"id": state.number(), "uid": &random()[..14], "orgId": 1, "url": "", "user": "",
            "database": "", "basicAuth": false, "basicAuthUser": "", "isDefault": false, "jsonData": {},
            "secureJsonData": {}, "readOnly": false});
        take(&mut source, body);
        state.sources.push(source.clone());
        kept(&mut state)?;
        let body =
            json!({"datasource": shown(&source), "id": source["id"], "message": "Datasource added", "name": name});
        Ok(web::json(StatusCode::OK, &body))
    }

    fn keep_dashboard(&self, body: &Value) -> Result<Answer, Refused> {
        let dashboard = &body["dashboard"];
        let Some(title) = dashboard["title"].as_str().filter(|title| !title.is_empty()) else {
            return Err((StatusCode::BAD_REQUEST, "Dashboard title cannot be empty"));
        };
        let mut state = self.state();
        let uid = match dashboard["uid"].as_str().filter(|uid| !uid.is_empty()) {
            Some(uid) => uid.to_owned(),
            None => random()[..14].to_owned(),
        };
        let known = state.dashboards.iter().position(|kept| kept["uid"] == uid.as_str());
        if known.is_some_and(|at| !state.dashboards[at]["provider"].is_null()) {
            return Err((StatusCode::BAD_REQUEST, "Cannot save provisioned dashboard"));
        }
        let id = match known {
            Some(_) if body["overwrite"] != true => {
                return Err((StatusCode::PRECONDITION_FAILED, "The dashboard has been changed by someone else"));
            }
            Some(at) => state.dashboards.remove(at)["id"].clone(),
            None => state.number().into(),
        };
        let url = format!("/d/{uid}");
        let answer = json!({"id": id, "uid": uid, "status": "success", "url": url, "version": 1});
        let kept_one = json!({"uid": uid, "title": title, "folder": "", "dashboard": dashboard, "id": id});
        state.dashboards.push(kept_one);
        kept(&mut state)?;
        Ok(web::json(StatusCode::OK, &answer))
    }

    fn query(&self, body: &Value) -> Answer {
        let now = jiff::Timestamp::now().as_nanosecond() as u64;
        let (mut results, mut status) = (serde_json::Map::new(), StatusCode::OK);
        for query in body["queries"].as_array().into_iter().flatten() {
            let name = query["refId"].as_str().unwrap_or("A").to_owned();
            let uid = query["datasource"]["uid"].as_str().unwrap_or_default();
            let result = match self.source("uid", uid) {
                Ok(source) => source::query(&source, query, now),
                Err((status, why)) => Err((status.as_u16(), why.to_owned())),
            };
            let result = match result {
                Ok(frames) => json!({"status": 200, "frames": frames}),
                Err((code, why)) => {
                    status = StatusCode::BAD_REQUEST;
                    json!({"error": why, "errorSource": "downstream", "status": code})
                }
            };
            results.insert(name, result);
        }
        web::json(status, &json!({"results": results}))
    }

    fn proxied(&self, source: &Value, rest: &[&str], request: &Request) -> Result<Answer, Refused> {
        let parameters = request.parameters.iter().map(|(name, value)| {
            let coded = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
            format!("{}={}", coded(name), coded(value))
        });
        let parameters: Vec<String> = parameters.collect();
        let path = format!("/{}?{}", rest.join("/"), parameters.join("&"));
        let kind = request.header("content-type").unwrap_or_default();
        match source::ask(source, request.method.clone(), &path, kind, request.body.to_vec()) {
            Ok((status, text)) => Ok(web::of_kind(status, "application/json", text)),
            Err(_) => Err((StatusCode::BAD_GATEWAY, "Bad Gateway")),
        }
    }
}

fn kept(state: &mut State) -> Result<(), Refused> {
    state.keep().map_err(|_| (StatusCode::INTERNAL_SERVER_ERROR, "Failed to save data source"))
}

/// What a request says of a data source.
fn take(source: &mut Value, body: &Value) {
    let keys = "uid name type access url user database basicAuth basicAuthUser isDefault jsonData secureJsonData";
    for key in keys.split(' ') {
        if !body[key].is_null() && body[key] != "" {
            source[key] = body[key].clone();
        }
    }
}

/// A data source without its secrets.
fn shown(source: &Value) -> Value {
    let mut shown = source.clone();
    let secrets = source["secureJsonData"].as_object().into_iter().flatten();
    shown["secureJsonFields"] = secrets.map(|(key, _)| (key.clone(), Value::from(true))).collect();
    if let Some(entries) = shown.as_object_mut() {
        entries.remove("secureJsonData");
        entries.remove("prune");
    }
    shown
}

fn refused(id: &str, why: &str) -> Answer {
    let body = json!({"extra": null, "message": why, "messageId": id, "statusCode": 401, "traceID": ""});
    web::json(StatusCode::UNAUTHORIZED, &body)
}
