//! The stand-in for Loki: a single binary that keeps its lines on a filesystem.
//!
//! It ends with 0 when it was told to end or the configuration is valid, 1 when Loki would refuse the configuration,
//! 2 for a wrong command line, and 3 for what only Loki knows.

mod api;
pub mod config;
mod flags;
pub mod logql;
mod otlp;
mod push;
mod store;

use crate::signals::End;
use crate::{release, web};
use api::Loki;
use config::{Config, Refusal};
use std::process::ExitCode;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock};
use store::Store;
use tokio::net::TcpListener;

/// Runs it.
pub fn main(words: &[String]) -> ExitCode {
    let flags = match flags::parse(words) {
        Ok(flags) => flags,
        Err((code, why)) => {
            eprintln!("{why}");
            return ExitCode::from(code);
        }
    };
    if flags.version {
        println!("loki, version {} (branch: stand-in, revision: stand-in)", release::of("loki"));
        return ExitCode::SUCCESS;
    }
    let config = match config::load(&flags.config, flags.expand) {
        Ok(config) => config,
        Err(Refusal::Unreadable(why)) => {
            eprintln!("{why}");
            return ExitCode::FAILURE;
        }
        Err(Refusal::Invalid(why)) => {
            log("error", "validating config", &[("err", &why)]);
            return ExitCode::FAILURE;
        }
        Err(Refusal::Unknown(whys)) => {
            whys.iter().for_each(|why| eprintln!("{}: {why}", flags.config.display()));
            return ExitCode::from(3);
        }
    };
    if flags.verify {
        log("info", "config is valid", &[]);
        return ExitCode::SUCCESS;
    }
    if let Some(what) = config.undone.first() {
        eprintln!("{}: the stand-in does not know {what}", flags.config.display());
        return ExitCode::from(3);
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            log("error", "error initialising loki", &[("err", &error.to_string())]);
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(config)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            log("error", "error running loki", &[("err", &why)]);
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> Result<(), String> {
    let mut end = End::caught().map_err(|error| error.to_string())?;
    for folder in &config.folders {
        std::fs::create_dir_all(folder).map_err(|error| format!("mkdir {}: {error}", folder.display()))?;
    }
    let store = Store::open(&config.chunks).map_err(|error| format!("{}: {error}", config.chunks.display()))?;
    let http = listener(&config.address, config.port).await?;
    let grpc = listener(&config.grpc.0, config.grpc.1).await?;
    let address = |listener: &TcpListener| listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
    log("info", "server listening on addresses", &[("http", &address(&http)), ("grpc", &address(&grpc))]);

    let loki = Arc::new(Loki {
        config,
        store: Mutex::new(store),
        ready: OnceLock::new(),
        received: AtomicU64::new(0),
        discarded: AtomicU64::new(0),
    });
    log("info", "Loki started", &[("version", &release::of("loki"))]);
    let answering = Arc::clone(&loki);
    tokio::select! {
        () = web::serve(http, Arc::new(move |request: web::Request| answering.answer(&request))) => {}
        _ = end.signal() => log("info", "=== received SIGINT/SIGTERM ===\n*** exiting", &[]),
    }
    let store = loki.store();
    store.flush().map_err(|error| error.to_string())
}

async fn listener(address: &str, port: u16) -> Result<TcpListener, String> {
    web::bind(address, port).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            format!("listen tcp {address}:{port}: bind: address already in use\nerror initialising module: server")
        }
        _ => format!("listen tcp {address}:{port}: bind: {error}\nerror initialising module: server"),
    })
}

/// Writes a line of the log, in the form of logfmt.
fn log(level: &str, message: &str, more: &[(&str, &str)]) {
    let mut line = format!("level={level} ts={:.9} msg={}", jiff::Timestamp::now(), crate::labels::quoted(message));
    for (name, value) in more {
        line.push_str(&format!(" {name}={}", crate::labels::quoted(value)));
    }
    eprintln!("{line}");
}
