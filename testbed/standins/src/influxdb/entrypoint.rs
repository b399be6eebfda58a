//! What the image does before influxd: it finds the configuration, makes the folders, does the first setup that the
//! environment asks for, and becomes the user influxdb.

use super::flags::{self, Command, Options};
use super::meta::{Meta, Setup};
use crate::duration;
use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const CONFIGS: &str = "/etc/influxdb2";
const DEFAULT_CONFIG: &str = "/etc/defaults/influxdb2/config.yml";
const SCRIPTS: &str = "/docker-entrypoint-initdb.d";
const BINARY: &str = "/usr/local/bin/influxd";
/// The user of the image, by number.
const USER: u32 = 1000;

type Environment = BTreeMap<String, String>;

/// Runs it, with the words that follow `/entrypoint.sh`.
pub fn main(words: &[String]) -> ExitCode {
    match run(words) {
        Ok(code) => code,
        Err((code, why)) => {
            eprintln!("{why}");
            ExitCode::from(code)
        }
    }
}

fn failed(error: impl std::fmt::Display) -> (u8, String) {
    (1, format!("entrypoint: {error}"))
}

fn run(words: &[String]) -> Result<ExitCode, (u8, String)> {
    let mut environment: Environment = std::env::vars().collect();
    if environment.get("INFLUXD_CONFIG_PATH").is_none_or(String::is_empty) {
        let names =
            ["config.json", "config.toml", "config.yaml", "config.yml"].map(|name| Path::new(CONFIGS).join(name));
        let found = names.into_iter().find(|path| path.is_file()).unwrap_or_else(|| PathBuf::from(DEFAULT_CONFIG));
        environment.insert("INFLUXD_CONFIG_PATH".to_owned(), found.display().to_string());
    }
    let mut words = words;
    if words.first().is_some_and(|word| word == "influxd") {
        words = &words[1..];
    } else if words.first().is_some_and(|word| word != "run" && !word.starts_with('-')) {
        return Err((3, format!("the stand-in does not know the command {:?} in this image", words[0])));
    }
    if let Ok(Command::Run(options)) = flags::parse(words, &environment) {
        prepare(&options, &mut environment)?;
    }
    let mut command = std::process::Command::new(BINARY);
    command.args(words).envs(&environment);
    if is_root() {
        command.uid(USER).gid(USER);
    }
    Err(failed(format!("exec {BINARY}: {}", command.exec())))
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn prepare(options: &Options, environment: &mut Environment) -> Result<(), (u8, String)> {
    folders(options).map_err(failed)?;
    let mode = environment.get("DOCKER_INFLUXDB_INIT_MODE").map(String::as_str).unwrap_or_default();
    if options.bolt.is_file() || mode.is_empty() {
        return Ok(());
    }
    if mode == "upgrade" {
        return Err((3, "the stand-in does not know DOCKER_INFLUXDB_INIT_MODE=upgrade".to_owned()));
    }
    if mode != "setup" {
        return Err(said(
            "found invalid DOCKER_INFLUXDB_INIT_MODE, valid values are 'setup' and 'upgrade'",
            &[("DOCKER_INFLUXDB_INIT_MODE", mode)],
        ));
    }
    if std::fs::read_dir(SCRIPTS).is_ok_and(|mut found| found.next().is_some()) {
        return Err((3, format!("the stand-in does not know scripts in {SCRIPTS}")));
    }
    let asked = asked(environment)?;
    let done = Meta::open(Some(&options.bolt)).map_err(failed).and_then(|mut meta| {
        let (_, org, _, authorization) = meta
            .setup(&asked)
            .map_err(|refused| (1, format!("Error: failed to setup instance: {}", refused.message)))?;
        cli(options, environment, &org.name, &authorization.token).map_err(failed)
    });
    if done.is_err() {
        // As the real one does, so that the next start tries again.
        let _ = std::fs::remove_file(&options.bolt);
    }
    done?;
    folders(options).map_err(failed)
}

/// Makes the folders, and gives them to the user that influxd runs as.
fn folders(options: &Options) -> std::io::Result<()> {
    let bolt = options.bolt.parent().unwrap_or(Path::new("/"));
    for (folder, mode) in [(bolt, 0o700), (&options.engine, 0o700), (Path::new(CONFIGS), 0o775)] {
        std::fs::create_dir_all(folder)?;
        // Folders that are mounted read-only, or belong to others, stay as they are.
        let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode));
        if is_root() {
            own(folder);
        }
    }
    Ok(())
}

fn own(path: &Path) {
    let _ = chown(path, Some(USER), None);
    let Ok(found) = std::fs::read_dir(path) else { return };
    for entry in found.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            own(&entry.path());
        } else {
            let _ = chown(entry.path(), Some(USER), None);
        }
    }
}

/// What the environment asks the setup for; secrets may be in files.
fn asked(environment: &mut Environment) -> Result<Setup, (u8, String)> {
    for name in ["PASSWORD", "USERNAME", "ADMIN_TOKEN"].map(|name| format!("DOCKER_INFLUXDB_INIT_{name}")) {
        let Some(file) = environment.get(&format!("{name}_FILE")).filter(|file| !file.is_empty()) else { continue };
        match std::fs::read_to_string(file) {
            Ok(text) => _ = environment.insert(name, text.trim_end_matches('\n').to_owned()),
            Err(_) => println!("{name}_FILE defined, but file not existing, skipping."),
        }
    }
    let told = |name: &str| environment.get(&format!("DOCKER_INFLUXDB_INIT_{name}")).cloned().unwrap_or_default();
    if let Some(name) = ["USERNAME", "PASSWORD", "ORG", "BUCKET"].into_iter().find(|name| told(name).is_empty()) {
        let name = format!("DOCKER_INFLUXDB_INIT_{name}");
        return Err(said("missing parameter, cannot init InfluxDB", &[("parameter", &name)]));
    }
    let retention = told("RETENTION");
    let seconds =
        if retention.is_empty() { Some(0) } else { duration::prometheus(&retention).map(|kept| kept.as_secs()) };
    let seconds = seconds.and_then(|seconds| i64::try_from(seconds).ok());
    Ok(Setup {
        user: told("USERNAME"),
        password: told("PASSWORD"),
        org: told("ORG"),
        bucket: told("BUCKET"),
        token: told("ADMIN_TOKEN"),
        retention: seconds.ok_or_else(|| (1, format!("Error: invalid retention {retention:?}")))?,
    })
}

/// Writes what the command line client would read.
fn cli(options: &Options, environment: &Environment, org: &str, token: &str) -> std::io::Result<()> {
    let path = environment.get("INFLUX_CONFIGS_PATH").map_or("/etc/influxdb2/influx-configs", String::as_str);
    let name = environment.get("DOCKER_INFLUXDB_INIT_CLI_CONFIG_NAME").map_or("default", String::as_str);
    let port = options.address.rsplit(':').next().unwrap_or("8086");
    let text = format!(
        "[{name}]\n  url = \"http://localhost:{port}\"\n  token = {token:?}\n  org = {org:?}\n  active = true\n"
    );
    std::fs::write(path, text)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

/// An error in the form of the image's log.
fn said(message: &str, attributes: &[(&str, &str)]) -> (u8, String) {
    let more: String = attributes.iter().map(|(name, value)| format!(", \"{name}\": \"{value}\"")).collect();
    (1, format!("{:.9}\terror\t{message}\t{{\"system\": \"docker\"{more}}}", jiff::Timestamp::now()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_says_what_to_set_up() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("token");
        std::fs::write(&secret, "from-a-file\n").unwrap();
        let mut environment = Environment::new();
        for (name, value) in [("USERNAME", "u"), ("PASSWORD", "p"), ("ORG", "o"), ("RETENTION", "1w")] {
            environment.insert(format!("DOCKER_INFLUXDB_INIT_{name}"), value.to_owned());
        }
        let file = secret.display().to_string();
        environment.insert("DOCKER_INFLUXDB_INIT_ADMIN_TOKEN_FILE".to_owned(), file);
        assert!(asked(&mut environment).unwrap_err().1.contains("DOCKER_INFLUXDB_INIT_BUCKET"));
        environment.insert("DOCKER_INFLUXDB_INIT_BUCKET".to_owned(), "b".to_owned());
        let setup = asked(&mut environment).unwrap();
        assert_eq!((setup.token.as_str(), setup.retention), ("from-a-file", 604_800));
    }
}
