//! What a container refers to.

use super::mount::Mount;
use super::unit_file::{Entry, Section};
use super::{Kind, Named};

/// Something that a quadlet refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Its name or path.
    pub name: String,
    /// The line that it is on.
    pub line: usize,
}

/// What a container refers to. What has a specifier of systemd in its name is left out: only systemd knows what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs {
    /// Images by name.
    pub images: Vec<Reference>,
    /// Images by quadlet: `x.image`, and `x.build`.
    pub image_quadlets: Vec<Reference>,
    /// Volumes by quadlet: `x.volume`.
    pub volumes: Vec<Reference>,
    /// Networks by quadlet: `x.network`.
    pub networks: Vec<Reference>,
    /// Containers whose network it joins: `x.container`.
    pub containers: Vec<Reference>,
    /// Absolute paths of the host that are mounted.
    pub host_paths: Vec<Reference>,
    /// Files that environment variables are read from.
    pub environment_files: Vec<Reference>,
    /// Names of secrets.
    pub secrets: Vec<Reference>,
}

/// What a quadlet refers to; only containers, and images and volumes with their image, refer to anything.
///
/// Values that cannot be read are left out: [`super::to_service`] and podman refuse them.
pub fn inputs(quadlet: &Named) -> Inputs {
    let mut inputs = Inputs::default();
    let Some(section) = quadlet.unit.section(quadlet.kind.section()) else { return inputs };
    if quadlet.kind != Kind::Network
        && let Some(entry) = section.last("Image")
    {
        inputs.image(entry.text(), entry.line);
    }
    if quadlet.kind == Kind::Container {
        inputs.container(quadlet, section);
    }
    inputs
}

impl Inputs {
    fn container(&mut self, quadlet: &Named, section: &Section) {
        for entry in section.all("Volume") {
            if let Some((source, _)) = entry.value.split_once(':') {
                self.source(quadlet, source, entry.line);
            }
        }
        for (mount, line) in args(section, "Mount") {
            let Ok(mount) = Mount::parse(&mount) else { continue };
            if let Some(source) = mount.source().filter(|_| matches!(mount.kind.as_str(), "bind" | "volume" | "image"))
            {
                if source.ends_with(".image") { self.image(source, line) } else { self.source(quadlet, source, line) }
            }
        }
        for entry in section.all("Network") {
            let name = entry.value.split_once(':').map_or(entry.value.as_str(), |(name, _)| name);
            match Kind::of(name) {
                Some(Kind::Network) => add(&mut self.networks, name, entry.line),
                Some(Kind::Container) => add(&mut self.containers, name, entry.line),
                _ => {}
            }
        }
        for (file, line) in args(section, "EnvironmentFile") {
            if let Some(path) = quadlet.absolute(&file) {
                add(&mut self.environment_files, &path, line);
            }
        }
        for (secret, line) in args(section, "Secret") {
            let name = secret.split_once(',').map_or(secret.as_str(), |(name, _)| name);
            add(&mut self.secrets, name, line);
        }
    }

    fn image(&mut self, name: &str, line: usize) {
        let quadlet = name.ends_with(".image") || name.ends_with(".build");
        add(if quadlet { &mut self.image_quadlets } else { &mut self.images }, name, line);
    }

    /// Where a mount comes from: a path, a volume by quadlet, or one by name, which is nobody's to provide.
    fn source(&mut self, quadlet: &Named, source: &str, line: usize) {
        if source.ends_with(".volume") && !source.contains('/') {
            add(&mut self.volumes, source, line);
        } else if source.starts_with(['/', '.'])
            && let Some(path) = quadlet.absolute(source)
        {
            add(&mut self.host_paths, &path, line);
        }
    }
}

fn args(section: &Section, key: &str) -> Vec<(String, usize)> {
    let words = |entry: &Entry| {
        let line = entry.line;
        entry.args().unwrap_or_default().into_iter().map(move |word| (word, line))
    };
    section.all(key).into_iter().flat_map(words).collect()
}

fn add(references: &mut Vec<Reference>, name: &str, line: usize) {
    if !name.is_empty() && !name.contains('%') {
        references.push(Reference { name: name.to_owned(), line });
    }
}
