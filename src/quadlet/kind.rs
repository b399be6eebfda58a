//! What a quadlet is: its kind, the service it becomes, and the podman object behind it.

use super::unit_file::Entry;
use super::{Problem, UnitFile};
use std::path::Path;

/// A kind of quadlet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `x.container`: a container that runs.
    Container,
    /// `x.volume`: a volume that is made.
    Volume,
    /// `x.network`: a network that is made.
    Network,
    /// `x.image`: an image that is pulled.
    Image,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Container, Self::Volume, Self::Network, Self::Image];

    /// The kind of the file of this name.
    pub fn of(file_name: &str) -> Option<Self> {
        let (stem, extension) = file_name.rsplit_once('.')?;
        Self::ALL.into_iter().find(|kind| kind.extension() == extension).filter(|_| !stem.is_empty())
    }

    /// What its file names end with.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::Volume => "volume",
            Self::Network => "network",
            Self::Image => "image",
        }
    }

    /// The section that describes it.
    pub fn section(self) -> &'static str {
        match self {
            Self::Container => "Container",
            Self::Volume => "Volume",
            Self::Network => "Network",
            Self::Image => "Image",
        }
    }

    /// What the name of its service has behind the file's name.
    fn service_suffix(self) -> &'static str {
        match self {
            Self::Container => "",
            Self::Volume => "-volume",
            Self::Network => "-network",
            Self::Image => "-image",
        }
    }
}

/// A quadlet and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The file's name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// The folder that it is in on the host, from where its relative paths start.
    pub folder: Option<String>,
    /// What is in it.
    pub unit: UnitFile,
}

impl Named {
    /// Reads a quadlet; `path` is where it is on the host, or just its name.
    ///
    /// # Errors
    /// When the name is none of a quadlet, or the text is none of a unit file.
    pub fn parse(path: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let (folder, name) = match path.rsplit_once('/') {
            Some((folder, name)) => (Some(folder.to_owned()), name),
            None => (None, path),
        };
        let Some(kind) = Kind::of(name) else {
            let kinds = Kind::ALL.map(|kind| format!(".{}", kind.extension())).join(", ");
            return Err(vec![Problem::new(1, format!("`{name}` is no name of a quadlet: expected one in {kinds}"))]);
        };
        Ok(Self { name: name.to_owned(), kind, folder, unit: UnitFile::parse(text)? })
    }

    /// Where it is on the host, if that is known.
    pub fn path(&self) -> Option<String> {
        self.folder.as_ref().map(|folder| format!("{folder}/{}", self.name))
    }

    /// The file's name without its extension.
    pub fn stem(&self) -> &str {
        self.name.rsplit_once('.').map_or(&self.name, |(stem, _)| stem)
    }

    /// The name of its service without `.service`: systemd's `%N`.
    ///
    /// Podman before 5.7 calls that of `x@.volume` `x@-volume`; here it is `x-volume@` as since then.
    pub fn service_stem(&self) -> String {
        let given = self.unit.last(self.kind.section(), "ServiceName").map(Entry::text);
        if let Some(name) = given.filter(|name| !name.is_empty()) {
            return name.to_owned();
        }
        let suffix = self.kind.service_suffix();
        match self.stem().strip_suffix('@') {
            Some(base) => format!("{base}{suffix}@"),
            None => format!("{}{suffix}", self.stem()),
        }
    }

    /// The name of its service.
    pub fn service_name(&self) -> String {
        format!("{}.service", self.service_stem())
    }

    /// The name that podman knows the object by: of the container, volume or network, or the image. It can have
    /// specifiers of systemd in it.
    pub fn object_name(&self) -> String {
        let text = |key| {
            self.unit
                .last(self.kind.section(), key)
                .map(|entry| entry.text().to_owned())
                .filter(|name| !name.is_empty())
        };
        match self.kind {
            Kind::Container => text("ContainerName").unwrap_or_else(|| {
                // `%p_%i` and not `%N`, because podman takes no `@` in a name.
                if self.name.contains('@') { "systemd-%p_%i".to_owned() } else { "systemd-%N".to_owned() }
            }),
            Kind::Volume => text("VolumeName").unwrap_or_else(|| self.default_name()),
            Kind::Network => text("NetworkName").unwrap_or_else(|| self.default_name()),
            Kind::Image => text("ImageTag").or_else(|| text("Image")).unwrap_or_default(),
        }
    }

    /// [`Self::object_name`] with `%N` filled in; none if other specifiers are in it.
    pub fn resolved_object_name(&self) -> Option<String> {
        let name = self.object_name().replace("%N", &self.service_stem());
        Some(name).filter(|name| !name.contains('%'))
    }

    fn default_name(&self) -> String {
        match self.stem().split_once('@') {
            Some((base, "")) => format!("systemd-{base}-%i"),
            _ => format!("systemd-{}", self.stem()),
        }
    }

    /// A path of the quadlet as an absolute one; none when it is relative and nobody knows to what.
    pub fn absolute(&self, path: &str) -> Option<String> {
        if path.starts_with('/') || is_specifier(path) {
            return Some(path.to_owned());
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in self.folder.as_ref()?.split('/').chain(path.split('/')) {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop();
                }
                _ => parts.push(part),
            }
        }
        let absolute = format!("/{}", parts.join("/"));
        Some(absolute).filter(|_| self.folder.as_ref().is_some_and(|folder| Path::new(folder).is_absolute()))
    }
}

/// Whether this begins with a specifier of systemd, such as `%h`.
pub fn is_specifier(path: &str) -> bool {
    path.starts_with('%') && !path.starts_with("%%")
}
