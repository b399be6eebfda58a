//! Queries in Flux.

use super::api::{State, organization};
use super::error::{Refused, invalid, missing};
use super::flux::csv::{self, Dialect};
use super::flux::{self, Source, Table};
use super::meta::{Authorization, Bucket, Meta, identifier};
use super::points::{Points, Series, Values};
use super::value::Value as Cell;
use super::write;
use crate::web::{self, Answer, Request};
use hyper::StatusCode;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a token sees of an organization.
struct Seen<'s> {
    meta: &'s Meta,
    points: &'s Points,
    own: &'s Authorization,
    org: &'s str,
}

impl Source for Seen<'_> {
    fn series(&self, name: Option<&str>, id: Option<&str>) -> Result<&BTreeMap<Series, Values>, String> {
        let told = name.or(id).unwrap_or_default();
        let found = match (name, id) {
            (Some(name), _) => self.meta.bucket_named(self.org, name),
            (None, id) => identifier(id.unwrap_or_default()).and_then(|id| self.meta.bucket(&id)),
        };
        // Buckets that may not be read are as those that are not there.
        let readable = |bucket: &&Bucket| bucket.org == self.org && self.own.may_read(bucket).is_ok();
        let bucket = found.ok().filter(readable);
        let bucket =
            bucket.ok_or_else(|| format!("failed to initialize execute state: could not find bucket {told:?}"))?;
        Ok(self.points.series(&bucket.id))
    }

    fn buckets(&self) -> Table {
        let columns = ["name", "id", "organizationID", "retentionPolicy", "retentionPeriod"].map(str::to_owned);
        let all = self.meta.buckets.iter();
        let readable = all.filter(|bucket| bucket.org == self.org && self.own.may_read(bucket).is_ok());
        let rows = readable.map(|bucket| {
            let text = |text: &str| Some(Cell::String(text.to_owned()));
            let period = Some(Cell::Integer(bucket.retention.saturating_mul(1_000_000_000)));
            vec![text(&bucket.name), text(&bucket.id), text(&bucket.org), text(""), period]
        });
        Table { columns: columns.to_vec(), group: vec!["organizationID".to_owned()], rows: rows.collect() }
    }
}

/// `POST /api/v2/query`
pub fn query(state: &State, own: &Authorization, request: &Request) -> Result<Answer, Refused> {
    let undecoded = |why: String| invalid(format!("failed to decode request body: {why}"));
    let (text, now, dialect) = asked(request).map_err(undecoded)?;
    let org = organization(&state.meta, request).map_err(|refused| undecoded(refused.message))?;
    let seen = Seen { meta: &state.meta, points: &state.points, own, org: &org.id };
    let results = flux::run(&text, now, &seen)
        .map_err(|why| if why.contains("could not find bucket") { missing(why) } else { invalid(why) })?;
    Ok(web::of_kind(StatusCode::OK, "text/csv; charset=utf-8", csv::write(&results, &dialect)))
}

/// The query's text, its time, and how the answer is to be written.
fn asked(request: &Request) -> Result<(String, i64, Dialect), String> {
    let plain = Dialect { header: true, delimiter: ',', annotations: Vec::new() };
    let kind = request.header("Content-Type").unwrap_or("application/json");
    if kind.split(';').next().unwrap_or_default().trim() == "application/vnd.flux" {
        return Ok((String::from_utf8_lossy(&request.body).into_owned(), write::now(), plain));
    }
    let body: Value = serde_json::from_slice(&request.body).map_err(|error| {
        format!(
            "failed parsing request body as JSON; if sending a raw Flux script, set 'Content-Type: \
             application/vnd.flux' in your request headers: {error}"
        )
    })?;
    let object = body.as_object().ok_or("failed parsing request body as JSON")?;
    if let Some(name) = object.keys().find(|name| !["type", "query", "dialect", "now"].contains(&name.as_str())) {
        return Err(format!("the stand-in does not know the field {name}"));
    }
    let query = body["query"].as_str().unwrap_or_default();
    if query.is_empty() {
        return Err("request body requires either query or AST".to_owned());
    }
    match body["type"].as_str().unwrap_or("flux") {
        "flux" | "" => {}
        other => return Err(format!("unknown query type: {other}")),
    }
    let now = match body["now"].as_str() {
        Some(text) => text.parse().ok().and_then(|now: Timestamp| i64::try_from(now.as_nanosecond()).ok()),
        None => Some(write::now()),
    };
    let now = now.ok_or("failed parsing request body as JSON: parsing time of now")?;
    let told = &body["dialect"];
    let mut dialect = Dialect { header: told["header"].as_bool().unwrap_or(true), ..plain };
    for name in told.as_object().into_iter().flat_map(serde_json::Map::keys) {
        if !["header", "delimiter", "commentPrefix", "dateTimeFormat", "annotations"].contains(&name.as_str()) {
            return Err(format!("the stand-in does not know the field {name} of dialect"));
        }
    }
    let mut delimiter = told["delimiter"].as_str().unwrap_or_default().chars();
    match (delimiter.next(), delimiter.next()) {
        (None, _) => {}
        (Some(one), None) => dialect.delimiter = one,
        _ => return Err("invalid dialect delimeter: must be length 1".to_owned()),
    }
    match told["dateTimeFormat"].as_str().unwrap_or_default() {
        "" | "RFC3339" | "RFC3339Nano" => {}
        other => return Err(format!("unknown dialect date time format: {other}")),
    }
    for annotation in told["annotations"].as_array().into_iter().flatten() {
        match annotation.as_str() {
            Some(name @ ("group" | "datatype" | "default")) => dialect.annotations.push(name.to_owned()),
            other => return Err(format!("unknown dialect annotation type: {}", other.unwrap_or_default())),
        }
    }
    Ok((query.to_owned(), now, dialect))
}
