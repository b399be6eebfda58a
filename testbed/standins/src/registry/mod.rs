//! A registry of container images that one can only pull from: it has the stand-ins, made of its own executable.
//!
//! `registry [--listen 127.0.0.1:5000] [--tag grafana/loki:3.5.0]...`

mod image;
mod tar;

use crate::signals::End;
use crate::web::{self, Answer, Request};
use crate::{notify, release};
use hyper::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use image::Images;
use serde_json::json;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;

/// What there is without `--tag`.
const TAGS: &[&str] = &[
    "grafana/loki:3.5.0",
    "grafana/loki:3.5.7",
    "grafana/loki:3.6.0",
    "grafana/loki:3.7.6",
    "grafana/loki:latest",
    "grafana/loki:crash",
    "grafana/alloy:v1.10.0",
    "grafana/alloy:v1.11.3",
    "grafana/alloy:v1.18.1",
    "grafana/alloy:latest",
    "grafana/alloy:crash",
    "library/influxdb:2.7.11",
    "library/influxdb:2.7.12",
    "library/influxdb:crash",
    "library/telegraf:1.38.4",
    "library/telegraf:1.39.3",
    "library/telegraf:latest",
    "library/telegraf:crash",
    "grafana/grafana:12.3.1",
    "grafana/grafana:12.4.10",
    "grafana/grafana:latest",
    "grafana/grafana:crash",
];

/// Runs it.
pub fn main(words: &[String]) -> ExitCode {
    match run(words) {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, why)) => {
            eprintln!("registry: {why}");
            ExitCode::from(code)
        }
    }
}

fn run(words: &[String]) -> Result<(), (u8, String)> {
    let mut listen = "127.0.0.1:5000".to_owned();
    let mut tags: Vec<String> = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, value) =
            word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value.to_owned())));
        let mut value =
            || value.clone().or_else(|| words.next().cloned()).ok_or_else(|| (2, format!("{name} needs a value")));
        match name {
            "--listen" => listen = value()?,
            "--tag" => tags.push(value()?),
            "--version" => {
                println!("solti-standins {}", env!("CARGO_PKG_VERSION"));
                return Ok(());
            }
            _ => return Err((2, "usage: registry [--listen ADDRESS:PORT] [--tag REPOSITORY:TAG]...".to_owned())),
        }
    }
    if tags.is_empty() {
        tags = TAGS.iter().copied().map(str::to_owned).collect();
    }
    let tags = tags.iter().map(|tag| {
        let split = tag.rsplit_once(':').map(|(repository, tag)| (repository.to_owned(), tag.to_owned()));
        split.ok_or_else(|| (2, format!("{tag} is not REPOSITORY:TAG")))
    });
    let tags = tags.collect::<Result<Vec<_>, _>>()?;
    let failed = |error: &dyn std::fmt::Display| (1, error.to_string());
    let executable = std::fs::read("/proc/self/exe").map_err(|error| failed(&error))?;
    let images = Arc::new(Images::make(&executable, &tags).map_err(|why| (2, why))?);
    let runtime = tokio::runtime::Runtime::new().map_err(|error| failed(&error))?;
    runtime.block_on(async {
        let mut end = End::caught().map_err(|error| failed(&error))?;
        let listener = TcpListener::bind(&listen).await.map_err(|error| (1, format!("{listen}: {error}")))?;
        let address = listener.local_addr().map_err(|error| failed(&error))?;
        eprintln!("registry: serving {} tags on {address}; {} is a stand-in that fails", tags.len(), release::CRASH);
        notify::ready();
        tokio::select! {
            () = web::serve(listener, Arc::new(move |request: Request| answer(&images, &request))) => {}
            _ = end.signal() => {}
        }
        Ok(())
    })
}

/// Answers as the distribution specification says.
fn answer(images: &Images, request: &Request) -> Answer {
    let mut answer = found(images, request);
    answer
        .headers_mut()
        .insert(HeaderName::from_static("docker-distribution-api-version"), HeaderValue::from_static("registry/2.0"));
    answer
}

fn found(images: &Images, request: &Request) -> Answer {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "The operation is unsupported.");
    }
    let Some(path) = request.path.strip_prefix("/v2/") else {
        return if request.path == "/v2" {
            web::json(StatusCode::OK, &json!({}))
        } else {
            web::text(StatusCode::NOT_FOUND, "404 page not found\n")
        };
    };
    if path.is_empty() {
        return web::json(StatusCode::OK, &json!({}));
    }
    if path == "_catalog" {
        let mut names: Vec<&String> = images.tags.iter().map(|(name, ..)| name).collect();
        names.sort();
        names.dedup();
        return web::json(StatusCode::OK, &json!({"repositories": names}));
    }
    if let Some(name) = path.strip_suffix("/tags/list") {
        let tags: Vec<&String> =
            images.tags.iter().filter(|(known, ..)| known == name).map(|(_, tag, _)| tag).collect();
        return if tags.is_empty() {
            error(StatusCode::NOT_FOUND, "NAME_UNKNOWN", "repository name not known to registry")
        } else {
            web::json(StatusCode::OK, &json!({"name": name, "tags": tags}))
        };
    }
    if let Some((name, reference)) = path.split_once("/manifests/") {
        let mut known = images.tags.iter().filter(|(known, ..)| known == name).peekable();
        if known.peek().is_none() {
            return error(StatusCode::NOT_FOUND, "NAME_UNKNOWN", "repository name not known to registry");
        }
        return match known.find(|(_, tag, digest)| tag == reference || digest == reference) {
            Some((.., digest)) => blob(images, request, digest, image::MANIFEST),
            None => error(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", "manifest unknown"),
        };
    }
    match path.split_once("/blobs/") {
        Some((_, digest)) if images.blobs.contains_key(digest) => {
            blob(images, request, digest, "application/octet-stream")
        }
        Some(_) => error(StatusCode::NOT_FOUND, "BLOB_UNKNOWN", "blob unknown to registry"),
        None => error(StatusCode::NOT_FOUND, "UNSUPPORTED", "The operation is unsupported."),
    }
}

fn blob(images: &Images, request: &Request, digest: &str, kind: &'static str) -> Answer {
    let blob = images.blobs.get(digest).cloned().unwrap_or_default();
    let sent = if request.method == Method::HEAD { Vec::new() } else { blob.to_vec() };
    let mut answer = web::of_kind(StatusCode::OK, kind, sent);
    answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(blob.len()));
    if let Ok(digest) = HeaderValue::from_str(digest) {
        answer.headers_mut().insert(HeaderName::from_static("docker-content-digest"), digest);
    }
    answer
}

fn error(status: StatusCode, code: &str, message: &str) -> Answer {
    web::json(status, &json!({"errors": [{"code": code, "message": message}]}))
}
