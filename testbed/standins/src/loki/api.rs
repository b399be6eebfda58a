//! Loki's HTTP API.

use super::config::Config;
use super::logql::{self, Query};
use super::push;
use super::store::{Store, Streams};
use crate::labels::{Labels, Matcher};
use crate::web::{self, Answer, Request};
use crate::{duration, release};
use hyper::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

const NANOSECONDS: f64 = 1e9;

/// A running Loki.
#[derive(Debug)]
pub struct Loki {
    /// Its configuration.
    pub config: Config,
    /// Its lines.
    pub store: Mutex<Store>,
    /// When it was first asked whether it is ready: it counts from there.
    pub ready: OnceLock<Instant>,
    /// Lines that were taken since.
    pub received: AtomicU64,
    /// Lines that were refused since.
    pub discarded: AtomicU64,
}

/// Why a request is not answered: status and words.
pub type Refused = (StatusCode, String);

fn bad(why: impl Into<String>) -> Refused {
    (StatusCode::BAD_REQUEST, why.into())
}

/// Nanoseconds since 1970, now.
pub fn now() -> i64 {
    i64::try_from(Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX)
}

impl Loki {
    /// Answers a request.
    pub fn answer(&self, request: &Request) -> Answer {
        // what is wrong with a query is said without an end of line
        let end = if request.path.contains("/query") { "" } else { "\n" };
        self.route(request).unwrap_or_else(|(status, why)| web::text(status, why + end))
    }

    fn route(&self, request: &Request) -> Result<Answer, Refused> {
        let prefix = self.config.prefix.trim_end_matches('/');
        let path = request.path.strip_prefix(prefix).unwrap_or_default();
        let api = path.strip_prefix("/loki/api/v1/");
        let get = matches!(request.method, Method::GET | Method::HEAD);
        let ok = |text: String| Ok(web::text(StatusCode::OK, text));
        match path {
            "/ready" if self.ready.get_or_init(Instant::now).elapsed() < self.config.settling => {
                let why = format!("Ingester not ready: waiting for {:?} after being ready", self.config.settling);
                Err((StatusCode::SERVICE_UNAVAILABLE, why))
            }
            "/ready" => ok("ready\n".into()),
            "/metrics" => ok(self.metrics()),
            "/config" => ok(self.config.text.clone()),
            "/services" => ok(SERVICES.iter().map(|name| format!("{name} => Running\n")).collect()),
            "/log_level" if get => Ok(web::json(StatusCode::OK, &json!({"message": "Current log level is info"}))),
            "/flush" | "/ingester/flush" if request.method == Method::POST || get => {
                self.store().flush().map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
                Ok(web::text(StatusCode::NO_CONTENT, ""))
            }
            "/loki/api/v1/status/buildinfo" => Ok(web::json(
                StatusCode::OK,
                &json!({
                    "version": release::of("loki"), "revision": "stand-in", "branch": "stand-in", "buildUser": "",
                    "buildDate": "", "goVersion": "",
                }),
            )),
            "/loki/api/v1/push" | "/api/prom/push" if request.method == Method::POST => {
                let tenant = self.tenant(request)?;
                push::push(self, &tenant, request)?;
                Ok(web::text(StatusCode::NO_CONTENT, ""))
            }
            "/otlp/v1/logs" if request.method == Method::POST => {
                let tenant = self.tenant(request)?;
                push::otlp(self, &tenant, request)?;
                Ok(web::text(StatusCode::NO_CONTENT, ""))
            }
            "/loki/api/v1/push" => Err((StatusCode::METHOD_NOT_ALLOWED, String::new())),
            _ => match api {
                Some(api) if get || request.method == Method::POST => {
                    let tenant = self.tenant(request)?;
                    self.queried(api, &tenant, request)
                }
                _ => Err((StatusCode::NOT_FOUND, "404 page not found".into())),
            },
        }
    }

    fn queried(&self, api: &str, tenant: &str, request: &Request) -> Result<Answer, Refused> {
        let store = self.store();
        let streams = store.streams(tenant);
        match api {
            "query_range" => self.query_range(streams, request),
            "query" => self.query(streams, request),
            "labels" | "label" => {
                let names: BTreeSet<&String> =
                    self.among(streams, request, "query")?.flat_map(|(labels, _)| labels.keys()).collect();
                Ok(success(json!(names)))
            }
            "series" => {
                let series: Vec<&Labels> = self.among(streams, request, "match[]")?.map(|(labels, _)| labels).collect();
                Ok(success(json!(series)))
            }
            _ => {
                let Some(name) = api.strip_prefix("label/").and_then(|rest| rest.strip_suffix("/values")) else {
                    return Err((StatusCode::NOT_FOUND, format!("the stand-in does not know /loki/api/v1/{api}")));
                };
                let name = web::decoded(name);
                let found = self.among(streams, request, "query")?;
                let values: BTreeSet<&String> = found.filter_map(|(labels, _)| labels.get(&name)).collect();
                Ok(success(json!(values)))
            }
        }
    }

    /// The store; a thread that died while it had it has left it whole.
    pub fn store(&self) -> std::sync::MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tenant(&self, request: &Request) -> Result<String, Refused> {
        if !self.config.auth_enabled {
            return Ok("fake".to_owned());
        }
        let tenant = request.header("X-Scope-OrgID").unwrap_or_default();
        if tenant.is_empty() {
            return Err((StatusCode::UNAUTHORIZED, "no org id".to_owned()));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "!-_.*'()".contains(c);
        if let Some(c) = tenant.chars().find(|c| !allowed(*c)) {
            return Err(bad(format!("tenant ID {tenant:?} contains unsupported character {c:?}")));
        }
        if [".", ".."].contains(&tenant) {
            return Err(bad("tenant ID is '.' or '..'"));
        }
        Ok(tenant.to_owned())
    }

    /// The streams that the selectors of a parameter pick, and that have lines in the time asked for.
    fn among<'s>(
        &self,
        streams: &'s Streams,
        request: &Request,
        parameter: &str,
    ) -> Result<impl Iterator<Item = (&'s Labels, &'s Vec<super::store::Entry>)>, Refused> {
        let mut selectors: Vec<Vec<Matcher>> = Vec::new();
        for (name, text) in &request.parameters {
            if (name == parameter || name == "match" && parameter == "match[]") && !text.is_empty() {
                selectors.push(logql::selector(text).map_err(bad)?);
            }
        }
        if selectors.is_empty() && parameter == "match[]" {
            return Err(bad("0 matcher groups provided, at least one is required"));
        }
        let (start, end) = self.span(request, 6 * 3600)?;
        Ok(streams.iter().filter(move |(labels, entries)| {
            (selectors.is_empty() || selectors.iter().any(|matchers| Matcher::all(matchers, labels)))
                && entries.iter().any(|entry| (start..end).contains(&entry.time))
        }))
    }

    /// The time that is asked for; without a start it is the last `default` seconds.
    fn span(&self, request: &Request, default: i64) -> Result<(i64, i64), Refused> {
        let moment = |name: &str| request.parameter(name).filter(|text| !text.is_empty()).map(moment).transpose();
        let end = moment("end")?.unwrap_or_else(now);
        let since = match request.parameter("since") {
            Some(text) => {
                let since = duration::prometheus(text).ok_or_else(|| {
                    bad(format!("could not parse 'since' parameter: not a valid duration string: {text:?}"))
                })?;
                i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
            }
            None => default * 1_000_000_000,
        };
        let start = moment("start")?.unwrap_or(end.min(now()) - since);
        if end < start {
            return Err(bad("end timestamp must not be before or equal to start time"));
        }
        let oldest =
            self.config.limits.retention.map(|kept| now() - i64::try_from(kept.as_nanos()).unwrap_or(i64::MAX));
        Ok((oldest.map_or(start, |oldest| start.max(oldest)), end))
    }

    fn query_range(&self, streams: &Streams, request: &Request) -> Result<Answer, Refused> {
        let query = logql::parse(request.parameter("query").unwrap_or_default()).map_err(bad)?;
        let (start, end) = self.span(request, 3600)?;
        let limits = &self.config.limits;
        let asked = Duration::from_nanos(u64::try_from(end - start).unwrap_or_default());
        if !limits.query_length.is_zero() && asked > limits.query_length {
            return Err(bad(format!(
                "the query time range exceeds the limit (query length: {}h, limit: {}h)",
                asked.as_secs() / 3600,
                limits.query_length.as_secs() / 3600
            )));
        }
        let step = match request.parameter("step") {
            Some(text) => {
                let parsed = text.parse::<f64>().ok().map(|seconds| (seconds * NANOSECONDS) as i64);
                let parsed =
                    parsed.or_else(|| duration::prometheus(text).and_then(|step| i64::try_from(step.as_nanos()).ok()));
                parsed.ok_or_else(|| bad(format!("cannot parse {text:?} to a valid duration")))?
            }
            None => ((end - start) / 250).max(1_000_000_000),
        };
        if step <= 0 {
            return Err(bad("zero or negative query resolution step widths are not accepted. Try a positive integer"));
        }
        if (end - start) / step > 11_000 {
            return Err(bad(
                "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step \
                 parameter",
            ));
        }
        let moments = || (0..=(end - start) / step).map(|index| start + index * step);
        match query {
            Query::Lines(pipeline) => {
                let backward = match request.parameter("direction").unwrap_or("backward").to_lowercase().as_str() {
                    "backward" => true,
                    "forward" => false,
                    other => return Err(bad(format!("invalid direction '{other}'"))),
                };
                let limit = match request.parameter("limit") {
                    Some(text) => {
                        text.parse().map_err(|_| bad(format!("strconv.Atoi: parsing {text:?}: invalid syntax")))?
                    }
                    None => 100usize,
                };
                if limit == 0 {
                    return Err(bad("limit must be a positive value"));
                }
                if limits.entries > 0 && limit > limits.entries {
                    return Err(bad(format!(
                        "max entries limit per query exceeded, limit > max_entries_limit_per_query ({limit} > {})",
                        limits.entries
                    )));
                }
                let mut found: Vec<_> = pipeline.select(streams, start, end.max(start + 1)).collect();
                found.sort_by_key(|(_, entry)| entry.time);
                if backward {
                    found.reverse();
                }
                let mut result: BTreeMap<Labels, Vec<Value>> = BTreeMap::new();
                for (labels, entry) in found.into_iter().take(limit) {
                    result.entry(labels).or_default().push(json!([entry.time.to_string(), entry.line]));
                }
                let result: Vec<Value> =
                    result.into_iter().map(|(labels, values)| json!({"stream": labels, "values": values})).collect();
                Ok(data("streams", json!(result)))
            }
            Query::Metric(metric) => {
                let mut result: BTreeMap<Labels, Vec<Value>> = BTreeMap::new();
                for moment in moments() {
                    for (labels, value) in metric.at(streams, moment) {
                        result.entry(labels).or_default().push(sample(moment, value));
                    }
                }
                let result: Vec<Value> =
                    result.into_iter().map(|(labels, values)| json!({"metric": labels, "values": values})).collect();
                Ok(data("matrix", json!(result)))
            }
            Query::Constant(value) => {
                let values: Vec<Value> = moments().map(|moment| sample(moment, value)).collect();
                Ok(data("matrix", json!([{"metric": {}, "values": values}])))
            }
        }
    }

    fn query(&self, streams: &Streams, request: &Request) -> Result<Answer, Refused> {
        let time =
            request.parameter("time").filter(|text| !text.is_empty()).map(moment).transpose()?.unwrap_or_else(now);
        match logql::parse(request.parameter("query").unwrap_or_default()).map_err(bad)? {
            Query::Lines(_) => Err(bad(
                "log queries are not supported as an instant query type, please change your query to a range query type",
            )),
            Query::Metric(metric) => {
                let samples = metric.at(streams, time).into_iter();
                let samples: Vec<Value> =
                    samples.map(|(labels, value)| json!({"metric": labels, "value": sample(time, value)})).collect();
                Ok(data("vector", json!(samples)))
            }
            Query::Constant(value) => Ok(data("vector", json!([{"metric": {}, "value": sample(time, value)}]))),
        }
    }

    fn metrics(&self) -> String {
        let (streams, lines) = self.store().size();
        let (received, discarded) = (self.received.load(Ordering::Relaxed), self.discarded.load(Ordering::Relaxed));
        let version = release::of("loki");
        format!(
            "# TYPE loki_build_info gauge\nloki_build_info{{version=\"{version}\"}} 1\n\
             # TYPE loki_distributor_lines_received_total counter\n\
             loki_distributor_lines_received_total{{tenant=\"all\"}} {received}\n\
             # TYPE loki_discarded_samples_total counter\nloki_discarded_samples_total{{tenant=\"all\"}} {discarded}\n\
             # TYPE loki_ingester_memory_streams gauge\nloki_ingester_memory_streams{{tenant=\"all\"}} {streams}\n\
             # TYPE loki_ingester_chunk_entries gauge\nloki_ingester_chunk_entries {lines}\n"
        )
    }
}

const SERVICES: &[&str] = &[
    "server",
    "ring",
    "store",
    "distributor",
    "ingester",
    "querier",
    "query-frontend",
    "query-scheduler",
    "compactor",
    "ruler",
];

fn sample(moment: i64, value: f64) -> Value {
    json!([moment as f64 / NANOSECONDS, value.to_string()])
}

fn data(kind: &str, result: Value) -> Answer {
    web::json(
        StatusCode::OK,
        &json!({"status": "success", "data": {"resultType": kind, "result": result, "stats": {}}}),
    )
}

fn success(data: Value) -> Answer {
    web::json(StatusCode::OK, &json!({"status": "success", "data": data}))
}

/// A moment in nanoseconds: digits (seconds, if there are ten or fewer), seconds with a fraction, or RFC 3339.
fn moment(text: &str) -> Result<i64, Refused> {
    if let Ok(number) = text.parse::<i64>() {
        return Ok(if text.len() <= 10 { number * 1_000_000_000 } else { number });
    }
    if text.contains('.')
        && let Ok(seconds) = text.parse::<f64>()
    {
        return Ok((seconds * NANOSECONDS) as i64);
    }
    let parsed: Result<Timestamp, _> = text.parse();
    match parsed {
        Ok(timestamp) => Ok(i64::try_from(timestamp.as_nanosecond()).unwrap_or(i64::MAX)),
        Err(_) => Err(bad(format!("could not parse time: cannot parse {text:?}"))),
    }
}
