//! `alloy run`: the components, the HTTP API beside them, and reloads.

use super::config::{self, Config};
use super::graph::Running;
use super::positions::Positions;
use super::shapes::Allowed;
use super::{Run, log, refused};
use crate::release;
use crate::signals::End;
use crate::web::{self, Answer, Request};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// How long lines that were read may take to be sent when what sends them ends; the real one waits 15 seconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// A running Alloy.
#[derive(Debug)]
struct Alloy {
    path: PathBuf,
    positions: Arc<Positions>,
    running: Mutex<Option<Running>>,
    /// Reloads that went well, and that did not.
    loaded: AtomicU64,
    refused: AtomicU64,
    healthy: AtomicU64,
    /// The components that the last reload could not make.
    unhealthy: Mutex<Vec<String>>,
    allowed: Allowed,
    since: String,
}

/// Runs until it is told to end.
pub fn run(run: &Run) -> Result<(), (u8, String)> {
    let failed = |error: &dyn std::fmt::Display| (1, error.to_string());
    let config = config::load(&run.config, run.allowed)
        .map_err(|refusal| refused(&refusal, "could not perform the initial load successfully"))?;
    let positions =
        Positions::open(&run.storage).map_err(|error| failed(&format!("mkdir {}: {error}", run.storage.display())))?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| failed(&error))?;
    runtime.block_on(async {
        let mut end = End::caught().map_err(|error| failed(&error))?;
        let mut hung_up = signal(SignalKind::hangup()).map_err(|error| failed(&error))?;
        let listener = TcpListener::bind(&run.listen)
            .await
            .map_err(|error| (1, format!("failed to listen on {}: {error}", run.listen)))?;
        let address = listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
        let positions = Arc::new(positions);
        let alloy = Arc::new(Alloy {
            path: run.config.clone(),
            running: Mutex::new(Some(Running::start(config, &positions))),
            positions,
            loaded: AtomicU64::new(1),
            refused: AtomicU64::new(0),
            healthy: AtomicU64::new(1),
            unhealthy: Mutex::default(),
            allowed: run.allowed,
            since: jiff::Timestamp::now().to_string(),
        });
        log("info", "now listening for http traffic", &[("service", "http"), ("addr", &address)]);
        let answering = Arc::clone(&alloy);
        let server = web::serve(listener, Arc::new(move |request: Request| answering.answer(&request)));
        let reloading = Arc::clone(&alloy);
        let reloads = async move {
            while hung_up.recv().await.is_some() {
                // What is wrong is in the log.
                let _ = tokio::task::block_in_place(|| reloading.reload());
            }
        };
        tokio::select! {
            () = server => {}
            () = reloads => {}
            _ = end.signal() => {}
        }
        log("info", "interrupt received", &[]);
        tokio::task::block_in_place(|| {
            if let Some(running) = alloy.running().take() {
                running.stop(&alloy.positions, PATIENCE);
            }
        });
        Ok(())
    })
}

impl Alloy {
    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unhealthy(&self) -> MutexGuard<'_, Vec<String>> {
        self.unhealthy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the configuration again; if it is not right, the one before it stays.
    fn reload(&self) -> Result<(), String> {
        let mut running = self.running();
        match config::load(&self.path, self.allowed) {
            Ok(config) => {
                *running = Some(match running.take() {
                    Some(running) => running.reload(config, &self.positions, PATIENCE),
                    None => Running::start(config, &self.positions),
                });
                self.loaded.fetch_add(1, Ordering::Relaxed);
                self.healthy.store(1, Ordering::Relaxed);
                self.unhealthy().clear();
                log("info", "config reloaded", &[]);
                Ok(())
            }
            Err(refusal) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                self.healthy.store(0, Ordering::Relaxed);
                if !refusal.components.is_empty() {
                    *self.unhealthy() = refusal.components;
                }
                let why = refusal.short.join("; ");
                log("error", "failed to reload config", &[("err", &why)]);
                Err(why)
            }
        }
    }

    fn answer(&self, request: &Request) -> Answer {
        let ok = |text: &str| web::text(StatusCode::OK, text.to_owned());
        match request.path.as_str() {
            "/-/ready" => ok("Alloy is ready.\n"),
            "/-/healthy" => match self.unhealthy().join(", ") {
                names if names.is_empty() => ok("All Alloy components are healthy.\n"),
                names => web::text(StatusCode::INTERNAL_SERVER_ERROR, format!("unhealthy components: {names}\n")),
            },
            "/-/reload" if matches!(request.method, Method::GET | Method::POST) => match self.reload() {
                Ok(()) => ok("config reloaded\n"),
                Err(why) => web::text(StatusCode::BAD_REQUEST, why + "\n"),
            },
            "/metrics" => ok(&self.metrics()),
            "/api/v0/web/components" => {
                let running = self.running();
                let components = running.as_ref().map(|running| self.components(&running.config)).unwrap_or_default();
                web::json(StatusCode::OK, &json!(components))
            }
            path if path.starts_with("/api/v0/web/components/") => {
                let running = self.running();
                let components = running.as_ref().map(|running| self.components(&running.config)).unwrap_or_default();
                let id = &path["/api/v0/web/components/".len()..];
                match components.into_iter().find(|component| component["localID"] == id) {
                    Some(component) => web::json(StatusCode::OK, &component),
                    None => web::text(
                        StatusCode::NOT_FOUND,
                        format!("failed to get component details: component {id:?} does not exist\n"),
                    ),
                }
            }
            _ => web::text(StatusCode::NOT_FOUND, "404 page not found\n"),
        }
    }

    fn components(&self, config: &Config) -> Vec<Value> {
        let components = config.components().filter(|block| block.name.contains('.'));
        let components = components.map(|block| {
            json!({
                "name": block.name,
                "type": "block",
                "localID": block.id(),
                "moduleID": "",
                "label": block.label.as_ref().map(|(label, _)| label),
                "referencesTo": config.receivers(block, "forward_to"),
                "health": {"state": "healthy", "message": "started component", "updatedTime": self.since},
            })
        });
        components.collect()
    }

    fn metrics(&self) -> String {
        let running = self.running();
        let mut text = format!(
            "# TYPE alloy_build_info gauge\nalloy_build_info{{version=\"{}\"}} 1\n\
             # TYPE alloy_config_last_load_successful gauge\nalloy_config_last_load_successful {}\n\
             # TYPE alloy_config_load_failures_total counter\nalloy_config_load_failures_total {}\n",
            release::of("alloy"),
            self.healthy.load(Ordering::Relaxed),
            self.refused.load(Ordering::Relaxed),
        );
        if let Some(running) = running.as_ref() {
            let hash = running.config.sha256();
            let _ = writeln!(
                text,
                "# TYPE alloy_config_hash gauge\nalloy_config_hash{{cluster_name=\"\",sha256=\"{hash}\"}} 1"
            );
        }
        let endpoints = running.as_ref().map(|running| running.graph.endpoints.as_slice()).unwrap_or_default();
        let count = running.as_ref().map_or(0, |running| self.components(&running.config).len());
        let _ = writeln!(
            text,
            "# TYPE alloy_component_controller_running_components gauge\n\
             alloy_component_controller_running_components{{health_type=\"healthy\"}} {count}"
        );
        for (name, number) in [("sent", 0), ("dropped", 1)] {
            let _ = writeln!(text, "# TYPE loki_write_{name}_entries_total counter");
            for endpoint in endpoints {
                let value = if number == 0 { &endpoint.sent } else { &endpoint.dropped };
                let host = endpoint.settings.url.split('/').nth(2).unwrap_or_default();
                let _ = writeln!(
                    text,
                    "loki_write_{name}_entries_total{{component_id=\"{}\",host=\"{host}\"}} {}",
                    endpoint.component,
                    value.load(Ordering::Relaxed)
                );
            }
        }
        text
    }
}
