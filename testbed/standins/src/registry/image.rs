//! Images of the stand-ins, laid out as those of the real programs.

use super::tar::{Access, Archive};
use crate::release;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// What a manifest is called.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

const LOKI_CONFIG: &str = include_str!("local-config.yaml");
const ALLOY_CONFIG: &str = "logging {\n\tlevel = \"warn\"\n}\n";
const INFLUXDB_CONFIG: &str =
    "bolt-path: /var/lib/influxdb2/influxd.bolt\nengine-path: /var/lib/influxdb2/engine\nnats-port: 4222\n";

const TELEGRAF_CONFIG: &str = include_str!("telegraf.conf");

const ROOT: Access = Access { owner: 0, mode: 0o755 };
const PLAIN: Access = Access { owner: 0, mode: 0o644 };

/// All that the registry has.
#[derive(Debug, Default)]
pub struct Images {
    /// Manifests, configurations and layers by their digest.
    pub blobs: HashMap<String, Arc<Vec<u8>>>,
    /// Digests of manifests by repository and tag, in the order in which they were told.
    pub tags: Vec<(String, String, String)>,
}

/// A real image, as far as a stand-in has to look like it.
struct Shape {
    program: &'static str,
    binary: &'static str,
    user: (&'static str, u32),
    runs_as: &'static str,
    port: &'static str,
    volumes: &'static [&'static str],
    arguments: &'static [&'static str],
    environment: &'static [&'static str],
    /// What is started, if that is not the binary: a link to it.
    entrypoint: Option<&'static str>,
    folder: &'static str,
}

fn shape(repository: &str) -> Option<Shape> {
    match repository {
        "grafana/loki" => Some(Shape {
            program: "loki",
            binary: "usr/bin/loki",
            user: ("loki", 10001),
            runs_as: "10001",
            port: "3100/tcp",
            volumes: &[],
            arguments: &["-config.file=/etc/loki/local-config.yaml"],
            environment: &[],
            entrypoint: None,
            folder: "/",
        }),
        "grafana/alloy" => Some(Shape {
            program: "alloy",
            binary: "bin/alloy",
            user: ("alloy", 473),
            runs_as: "",
            port: "12345/tcp",
            volumes: &[],
            arguments: &["run", "/etc/alloy/config.alloy", "--storage.path=/var/lib/alloy/data"],
            environment: &["ALLOY_DEPLOY_MODE=docker"],
            entrypoint: None,
            folder: "/",
        }),
        "library/telegraf" => Some(Shape {
            program: "telegraf",
            binary: "usr/bin/telegraf",
            user: ("telegraf", 999),
            runs_as: "",
            port: "8094/tcp",
            volumes: &[],
            arguments: &["telegraf"],
            environment: &["TELEGRAF_VERSION=stand-in"],
            entrypoint: Some("entrypoint.sh"),
            folder: "/",
        }),
        "grafana/grafana" => Some(Shape {
            program: "grafana",
            binary: "usr/share/grafana/bin/grafana",
            user: ("grafana", 472),
            runs_as: "472",
            port: "3000/tcp",
            volumes: &[],
            arguments: &[],
            environment: &[
                "GF_PATHS_CONFIG=/etc/grafana/grafana.ini",
                "GF_PATHS_DATA=/var/lib/grafana",
                "GF_PATHS_HOME=/usr/share/grafana",
                "GF_PATHS_LOGS=/var/log/grafana",
                "GF_PATHS_PLUGINS=/var/lib/grafana/plugins",
                "GF_PATHS_PROVISIONING=/etc/grafana/provisioning",
            ],
            entrypoint: Some("run.sh"),
            folder: "/usr/share/grafana",
        }),
        "library/influxdb" => Some(Shape {
            program: "influxd",
            binary: "usr/local/bin/influxd",
            user: ("influxdb", 1000),
            runs_as: "",
            port: "8086/tcp",
            volumes: &["/var/lib/influxdb2", "/etc/influxdb2"],
            arguments: &["influxd"],
            entrypoint: Some("entrypoint.sh"),
            folder: "/",
            environment: &[
                "INFLUX_CONFIGS_PATH=/etc/influxdb2/influx-configs",
                "INFLUXD_INIT_PORT=9999",
                "INFLUXD_INIT_PING_ATTEMPTS=600",
                "DOCKER_INFLUXDB_INIT_CLI_CONFIG_NAME=default",
            ],
        }),
        _ => None,
    }
}

impl Images {
    /// Makes the images of all tags out of one executable.
    ///
    /// # Errors
    /// A repository of another name.
    pub fn make(executable: &[u8], tags: &[(String, String)]) -> Result<Self, String> {
        let mut images = Self::default();
        let mut bases: HashMap<String, String> = HashMap::new();
        for (repository, tag) in tags {
            let shape = shape(repository).ok_or_else(|| format!("there is no stand-in for the image {repository}"))?;
            let base = match bases.get(repository) {
                Some(base) => base.clone(),
                None => {
                    let base = images.keep(base(&shape, executable));
                    bases.insert(repository.clone(), base.clone());
                    base
                }
            };
            let release = images.keep(told(&shape, tag));
            let digest = images.manifest(&shape, tag, &[base, release]);
            images.tags.push((repository.clone(), tag.clone(), digest));
        }
        Ok(images)
    }

    fn keep(&mut self, blob: Vec<u8>) -> String {
        let hex: String = Sha256::digest(&blob).iter().map(|byte| format!("{byte:02x}")).collect();
        let digest = format!("sha256:{hex}");
        self.blobs.insert(digest.clone(), Arc::new(blob));
        digest
    }

    fn described(&self, kind: &str, digest: &str) -> Value {
        json!({"mediaType": kind, "digest": digest, "size": self.blobs.get(digest).map_or(0, |blob| blob.len())})
    }

    fn manifest(&mut self, shape: &Shape, tag: &str, layers: &[String]) -> String {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        let system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let path = match shape.binary.rsplit_once('/') {
            Some((folder, _)) if !system.split(':').any(|known| known[1..] == *folder) => {
                format!("PATH=/{folder}:{system}")
            }
            _ => format!("PATH={system}"),
        };
        let environment: Vec<&str> = std::iter::once(path.as_str()).chain(shape.environment.iter().copied()).collect();
        let mut config = json!({
            "created": "2026-01-01T00:00:00Z",
            "architecture": architecture,
            "os": "linux",
            "config": {
                "User": shape.runs_as,
                "ExposedPorts": {shape.port: {}},
                "Env": environment,
                "Entrypoint": [format!("/{}", shape.entrypoint.unwrap_or(shape.binary))],
                "Cmd": shape.arguments,
                "WorkingDir": shape.folder,
                "Labels": {
                    "org.opencontainers.image.title": format!("stand-in for {}", shape.program),
                    "org.opencontainers.image.version": tag,
                },
            },
            "rootfs": {"type": "layers", "diff_ids": layers},
            "history": layers.iter().map(|_| json!({"created_by": "solti-standins registry"})).collect::<Vec<_>>(),
        });
        for volume in shape.volumes {
            config["config"]["Volumes"][volume] = json!({});
        }
        let config = self.keep(config.to_string().into_bytes());
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self.described(CONFIG, &config),
            "layers": layers.iter().map(|layer| self.described(LAYER, layer)).collect::<Vec<_>>(),
        });
        self.keep(manifest.to_string().into_bytes())
    }
}

/// The layer that all tags of a repository share: the program, and the files that it finds around it.
fn base(shape: &Shape, executable: &[u8]) -> Vec<u8> {
    let mut archive = Archive::default();
    let (user, id) = shape.user;
    let own = Access { owner: id, mode: 0o755 };
    for folder in [
        "bin",
        "etc",
        "etc/ssl",
        "etc/ssl/certs",
        "home",
        "run",
        "usr",
        "usr/bin",
        "usr/local",
        "usr/local/bin",
        "usr/share",
        "var",
        "var/lib",
        "var/log",
    ] {
        archive.folder(folder, ROOT);
    }
    archive.folder("tmp", Access { owner: 0, mode: 0o1777 });
    archive.folder("root", Access { owner: 0, mode: 0o700 });
    let passwd = format!("root:x:0:0:root:/root:/sbin/nologin\n{user}:x:{id}:{id}::/home/{user}:/sbin/nologin\n");
    archive.file("etc/passwd", PLAIN, passwd.as_bytes());
    archive.file("etc/group", PLAIN, format!("root:x:0:\n{user}:x:{id}:\n").as_bytes());
    archive.file("etc/nsswitch.conf", PLAIN, b"passwd: files\ngroup: files\nhosts: files dns\n");
    archive.folder(&format!("home/{user}"), own);
    match shape.program {
        "loki" => {
            archive.folder("etc/loki", own);
            archive.file("etc/loki/local-config.yaml", Access { owner: id, mode: 0o644 }, LOKI_CONFIG.as_bytes());
            for folder in ["loki", "loki/rules", "loki/rules-temp"] {
                archive.folder(folder, own);
            }
        }
        "influxd" => {
            for folder in ["docker-entrypoint-initdb.d", "etc/defaults", "etc/defaults/influxdb2"] {
                archive.folder(folder, ROOT);
            }
            archive.file("etc/defaults/influxdb2/config.yml", PLAIN, INFLUXDB_CONFIG.as_bytes());
            for folder in ["etc/influxdb2", "var/lib/influxdb2"] {
                archive.folder(folder, own);
            }
        }
        "telegraf" => {
            archive.folder("etc/telegraf", own);
            archive.folder("etc/telegraf/telegraf.d", own);
            archive.file("etc/telegraf/telegraf.conf", Access { owner: id, mode: 0o644 }, TELEGRAF_CONFIG.as_bytes());
        }
        "grafana" => {
            // As in the real image, so that any other user that is told may write here, too.
            let open = Access { owner: id, mode: 0o777 };
            for folder in ["usr/share/grafana", "usr/share/grafana/bin", "usr/share/grafana/conf", "etc/grafana"] {
                archive.folder(folder, ROOT);
            }
            for folder in ["", "/datasources", "/dashboards", "/plugins", "/alerting"] {
                archive.folder(&format!("etc/grafana/provisioning{folder}"), open);
            }
            for folder in ["var/lib/grafana", "var/lib/grafana/plugins", "var/log/grafana"] {
                archive.folder(folder, open);
            }
            archive.file("etc/grafana/grafana.ini", PLAIN, b"; The settings are the defaults.\n");
        }
        _ => {
            archive.folder("etc/alloy", ROOT);
            archive.file("etc/alloy/config.alloy", Access { owner: id, mode: 0o644 }, ALLOY_CONFIG.as_bytes());
            for folder in ["var/lib/alloy", "var/lib/alloy/data"] {
                archive.folder(folder, Access { owner: id, mode: 0o770 });
            }
        }
    }
    archive.file(shape.binary, ROOT, executable);
    if let Some(entrypoint) = shape.entrypoint {
        archive.link(entrypoint, &format!("/{}", shape.binary));
    }
    archive.finish()
}

/// The layer that says which release this is.
fn told(shape: &Shape, tag: &str) -> Vec<u8> {
    let mut archive = Archive::default();
    let folder = release::FOLDER.trim_start_matches('/');
    archive.folder(folder, ROOT);
    archive.file(&format!("{folder}/{}", shape.program), PLAIN, format!("{tag}\n").as_bytes());
    archive.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_depend_on_the_content_only() {
        let tags: Vec<(String, String)> =
            ["3.5.0", "3.5.7"].map(|tag| ("grafana/loki".to_owned(), tag.to_owned())).to_vec();
        let (one, two) = (Images::make(b"program", &tags).unwrap(), Images::make(b"program", &tags).unwrap());
        assert_eq!(one.tags, two.tags);
        assert_ne!(one.tags[0].2, one.tags[1].2);
        // One shared layer; a layer, a configuration and a manifest per tag.
        assert_eq!(one.blobs.len(), 1 + 2 * 3);
        assert_ne!(Images::make(b"other", &tags).unwrap().tags, one.tags);
    }

    #[test]
    fn what_is_started_leads_to_the_program() {
        for (repository, entrypoint) in [("library/telegraf", "/entrypoint.sh"), ("grafana/grafana", "/run.sh")] {
            let images = Images::make(b"program", &[(repository.to_owned(), "1".to_owned())]).unwrap();
            let manifest: Value = serde_json::from_slice(&images.blobs[&images.tags[0].2]).unwrap();
            let config = &images.blobs[manifest["config"]["digest"].as_str().unwrap()];
            let config: Value = serde_json::from_slice(config).unwrap();
            assert_eq!(config["config"]["Entrypoint"], json!([entrypoint]));
        }
    }

    #[test]
    fn archives_are_whole_blocks() {
        let mut archive = Archive::default();
        archive.file("a", PLAIN, b"x");
        assert_eq!(archive.finish().len(), 4 * 512);
    }
}
