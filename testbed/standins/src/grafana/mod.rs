//! The stand-in for Grafana: users, data sources that are really asked, dashboards that are kept, and no pages.
//!
//! It ends with 0 when it was told to end, 1 for what Grafana would refuse, and 3 for what only Grafana knows.

mod api;
mod ini;
mod provisioning;
mod settings;
mod source;
mod state;

use crate::signals::End;
use crate::{labels, release, web};
use api::Grafana;
use settings::Settings;
use state::State;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

/// What the command line says.
#[derive(Debug, Default)]
struct Flags {
    home: Option<PathBuf>,
    config: Option<PathBuf>,
    pidfile: Option<PathBuf>,
    told: Vec<String>,
    version: bool,
    password_from_stdin: bool,
    words: Vec<String>,
}

/// Runs it.
pub fn main(words: &[String]) -> ExitCode {
    match start(words) {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, why)) => {
            eprintln!("Error: ✗ {why}");
            ExitCode::from(code)
        }
    }
}

/// The command line that the script makes which the image starts.
pub fn started_by_image(words: Vec<String>) -> Vec<String> {
    let path = |key: &str| std::env::var(format!("GF_PATHS_{key}")).unwrap_or_default();
    let mut line =
        vec!["server".to_owned(), format!("--homepath={}", path("HOME")), format!("--config={}", path("CONFIG"))];
    line.extend(words);
    line.push("cfg:default.log.mode=console".to_owned());
    for key in ["data", "logs", "plugins", "provisioning"] {
        line.push(format!("cfg:default.paths.{key}={}", path(&key.to_uppercase())));
    }
    line
}

fn start(words: &[String]) -> Result<(), (u8, String)> {
    let flags = parse(words)?;
    if flags.version {
        println!("grafana version {}", release::of("grafana"));
        return Ok(());
    }
    let commands: Vec<&str> = flags.words.iter().map(String::as_str).collect();
    let settings = || loaded(&flags).map_err(|why| (1, why));
    match commands.as_slice() {
        ["server"] => {
            let runtime = tokio::runtime::Runtime::new().map_err(|error| (1, error.to_string()))?;
            runtime.block_on(run(settings()?, &flags))
        }
        ["cli", "admin", "reset-admin-password", given @ ..] => {
            let settings = settings()?;
            let mut line = String::new();
            let password = if flags.password_from_stdin {
                print!("New Password: ");
                std::io::stdin().read_line(&mut line).map_err(|error| (1, error.to_string()))?;
                if line.is_empty() {
                    return Err((1, "can't read password from stdin".to_owned()));
                }
                line.trim_end_matches(['\r', '\n'])
            } else {
                given.first().copied().unwrap_or_default()
            };
            if password.len() < 4 {
                return Err((1, "new password is too short".to_owned()));
            }
            let mut state = State::open(&settings.path("data")).map_err(|why| (1, why))?;
            if !state.users.iter().any(|user| user["login"] == settings.text("security", "admin_user")) {
                return Err((1, "could not read user from database. Error: user not found".to_owned()));
            }
            state.set_password(settings.text("security", "admin_user"), password);
            state.keep().map_err(|why| (1, why))?;
            println!("\nAdmin password changed successfully ✔");
            Ok(())
        }
        [] => Err((
            1,
            "usage: grafana server|cli [--homepath PATH] [--config FILE] [cfg:section.key=value]...".to_owned(),
        )),
        other => Err((3, format!("the stand-in does not know the command {}", other.join(" ")))),
    }
}

fn parse(words: &[String]) -> Result<Flags, (u8, String)> {
    let mut flags = Flags::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if let Some(told) = word.strip_prefix("cfg:") {
            flags.told.push(told.to_owned());
            continue;
        }
        let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).filter(|flag| !flag.is_empty())
        else {
            flags.words.push(word.clone());
            continue;
        };
        let (name, value) = flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value.to_owned())));
        let mut text = || {
            let next = value.clone().or_else(|| words.next().cloned());
            next.ok_or_else(|| (1, format!("flag needs an argument: -{name}")))
        };
        match name {
            "homepath" => flags.home = Some(text()?.into()),
            "config" => flags.config = Some(text()?.into()),
            "pidfile" => flags.pidfile = Some(text()?.into()),
            "packaging" | "configOverrides" => drop(text()?),
            "password-from-stdin" => flags.password_from_stdin = true,
            "version" | "v" => flags.version = true,
            name => return Err((1, format!("Incorrect Usage: flag provided but not defined: -{name}"))),
        }
    }
    Ok(flags)
}

fn loaded(flags: &Flags) -> Result<Settings, String> {
    let home = flags.home.clone().or_else(|| std::env::current_dir().ok()).unwrap_or_default();
    let custom = home.join("conf/custom.ini");
    let text = match &flags.config {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| format!("failed to parse {:?}: {error}", path.display().to_string()))?,
        None => std::fs::read_to_string(custom).unwrap_or_default(),
    };
    let variables: Vec<(String, String)> = std::env::vars().collect();
    Settings::read(&text, &flags.told, &home, &variables)
}

async fn run(settings: Settings, flags: &Flags) -> Result<(), (u8, String)> {
    let failed = |why: String| (1, why);
    let protocol = settings.text("server", "protocol");
    if protocol != "http" {
        return Err((3, format!("the stand-in does not know server.protocol {protocol}")));
    }
    let mut end = End::caught().map_err(|error| failed(error.to_string()))?;
    log("info", "settings", "Starting Grafana", &[("version", &release::of("grafana"))]);
    let mut state = State::open(&settings.path("data")).map_err(failed)?;
    for key in ["logs", "plugins"] {
        let _ = std::fs::create_dir_all(settings.path(key));
    }
    // The password of the settings is only for the first start: later, it is the user's.
    if state.users.is_empty() && !settings.flag("security", "disable_initial_admin_creation") {
        let user = settings.text("security", "admin_user");
        state.set_password(user, settings.text("security", "admin_password"));
        log("info", "sqlstore", "Created default admin", &[("user", user)]);
    }
    state.keep().map_err(failed)?;
    let (address, port) = (settings.text("server", "http_addr"), settings.text("server", "http_port"));
    let port: u16 = port.parse().map_err(|_| failed(format!("listen tcp: lookup tcp/{port}: unknown port")))?;
    let listener = web::bind(address, port).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => failed(format!(
            "failed to open listener on address {address}:{port}: listen tcp {address}:{port}: bind: address already in use"
        )),
        _ => failed(format!("failed to open listener on address {address}:{port}: {error}")),
    })?;
    let shown = listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
    let grafana = Arc::new(Grafana { settings, state: Mutex::new(state), sessions: Mutex::default() });
    if let Some(path) = &flags.pidfile {
        std::fs::write(path, std::process::id().to_string()).map_err(|error| failed(error.to_string()))?;
    }
    log("info", "http.server", "HTTP Server Listen", &[("address", &shown), ("protocol", "http"), ("subUrl", "")]);
    let serving = Arc::clone(&grafana);
    tokio::select! {
        () = web::serve(listener, Arc::new(move |request: web::Request| serving.answer(&request))) => {}
        Err(why) = provision(&grafana) => return Err(failed(why)),
        signal = end.signal() => log("info", "server", "Shutdown started", &[("reason", &format!("System signal: {signal}"))]),
    }
    Ok(())
}

/// Takes what is provisioned, and looks again and again for changed dashboards. As with the real one, the server listens
/// already.
async fn provision(grafana: &Grafana) -> Result<(), String> {
    let folder = grafana.settings.path("provisioning");
    provisioning::datasources(&folder, &mut grafana.state())
        .map_err(|why| format!("Datasource provisioning error: {why}"))?;
    let wrong = |why: String| format!("Dashboard provisioning error: {why}");
    let providers = provisioning::providers(&folder).map_err(wrong)?;
    log("info", "provisioning.dashboard", "starting to provision dashboards", &[]);
    provisioning::dashboards(&providers, &mut grafana.state()).map_err(wrong)?;
    log("info", "provisioning.dashboard", "finished to provision dashboards", &[]);
    loop {
        tokio::time::sleep(provisioning::interval(&providers)).await;
        if let Err(why) = provisioning::dashboards(&providers, &mut grafana.state()) {
            log("error", "provisioning.dashboard", "failed to search for dashboards", &[("error", &why)]);
        }
    }
}

/// Writes a line of the log, in the form of logfmt.
fn log(level: &str, logger: &str, message: &str, more: &[(&str, &str)]) {
    let mut line =
        format!("logger={logger} t={:.9} level={level} msg={}", jiff::Timestamp::now(), labels::quoted(message));
    for (name, value) in more {
        line.push_str(&format!(" {name}={}", labels::quoted(value)));
    }
    println!("{line}");
}
