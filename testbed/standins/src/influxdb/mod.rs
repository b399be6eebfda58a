//! The stand-in for InfluxDB 2.7: one server that keeps buckets, tokens and points, and the entrypoint of its image.
//!
//! It ends with 0 when it was told to end by SIGINT, 1 when influxd would refuse its command line or cannot run, and 3 for
//! what only influxd knows. SIGTERM ends it at once, as it ends influxd.

mod api;
mod authorizations;
mod buckets;
mod delete;
pub mod entrypoint;
mod error;
mod flags;
mod flux;
pub mod line;
mod meta;
mod permission;
mod points;
mod query;
mod tenants;
pub mod value;
mod write;

use crate::{labels, release, web};
use api::{Influx, State};
use flags::{Command, Options};
use meta::Meta;
use points::Points;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// The release, as influxd writes it: `v2.7.12`.
fn version() -> String {
    format!("v{}", release::of("influxd").trim_start_matches('v'))
}

/// Runs it.
pub fn main(words: &[String]) -> ExitCode {
    let options = match flags::parse(words, &std::env::vars().collect()) {
        Ok(Command::Run(options)) => options,
        Ok(Command::Version) => {
            println!("InfluxDB {} (git: stand-in) build_date: 2026-01-01T00:00:00Z", version());
            return ExitCode::SUCCESS;
        }
        Ok(Command::Help) => {
            println!(
                "Usage:\n  influxd [flags]\n  influxd [command]\n\nThis is a stand-in for InfluxDB {}.",
                version()
            );
            return ExitCode::SUCCESS;
        }
        Err((code, why)) => {
            eprintln!("{why}");
            return ExitCode::from(code);
        }
    };
    let ended = tokio::runtime::Runtime::new()
        .map_err(|error| error.to_string())
        .and_then(|runtime| runtime.block_on(run(&options)));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            log(&options, "error", "Failed to start", &[("error", &why)]);
            eprintln!("Error: {why}\nSee 'influxd -h' for help");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), String> {
    if std::process::id() == 1 {
        die_of_terminate()?;
    }
    let mut interrupted = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    log(options, "info", "Welcome to InfluxDB", &[("version", &version()), ("log_level", &options.level)]);
    let folder = |path: &Path| path.parent().map_or(Ok(()), std::fs::create_dir_all);
    let wrong = |path: &Path, error: std::io::Error| format!("unable to open {}: {error}", path.display());
    folder(&options.bolt).map_err(|error| wrong(&options.bolt, error))?;
    let meta = Meta::open(Some(options.bolt.as_path()).filter(|_| !options.memory))
        .map_err(|error| wrong(&options.bolt, error))?;
    folder(&options.sqlite)
        .and_then(|()| std::fs::OpenOptions::new().create(true).append(true).open(&options.sqlite))
        .map_err(|error| wrong(&options.sqlite, error))?;
    let points = Points::open(&options.engine.join("data")).map_err(|error| wrong(&options.engine, error))?;
    let listener = listener(&options.address).await?;
    let port = listener.local_addr().map(|address| address.port().to_string()).unwrap_or_default();
    let attributes = [("service", "tcp-listener"), ("transport", "http"), ("addr", &options.address), ("port", &port)];
    log(options, "info", "Listening", &attributes);

    let influx = Arc::new(Influx {
        state: Mutex::new(State { meta, points }),
        started: Instant::now(),
        since: jiff::Timestamp::now(),
        version: version(),
    });
    let answering = Arc::clone(&influx);
    tokio::select! {
        () = web::serve(listener, Arc::new(move |request: web::Request| answering.answer(&request))) => {}
        _ = interrupted.recv() => {}
    }
    log(options, "info", "Stopping", &[("service", "http")]);
    influx.state().points.flush().map_err(|error| error.to_string())
}

/// The kernel spares a container's first process the signals that it does not catch; what Go does then is end with 2.
fn die_of_terminate() -> Result<(), String> {
    let mut terminated = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    tokio::spawn(async move {
        terminated.recv().await;
        std::process::exit(2);
    });
    Ok(())
}

async fn listener(address: &str) -> Result<TcpListener, String> {
    let tried = match address.strip_prefix(':').map(str::parse) {
        Some(Ok(port)) => web::bind("", port).await,
        _ => TcpListener::bind(address).await,
    };
    tried.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => format!("listen tcp {address}: bind: address already in use"),
        _ => format!("listen tcp {address}: {error}"),
    })
}

/// Writes a line of the log, in the form of logfmt, if the level that was asked for has it.
fn log(options: &Options, level: &str, message: &str, more: &[(&str, &str)]) {
    if level == "info" && ["warn", "error"].contains(&options.level.as_str()) {
        return;
    }
    let mut line = format!("ts={:.6} lvl={level} msg={}", jiff::Timestamp::now(), labels::quoted(message));
    for (name, value) in more {
        line.push_str(&format!(" {name}={}", labels::quoted(value)));
    }
    println!("{line}");
}
