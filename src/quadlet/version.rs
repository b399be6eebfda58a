//! The version of a host's podman.

use std::fmt;
use std::str::FromStr;

/// Major and minor version: keys and options come with these, not with patches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The 5 of 5.4.2.
    pub major: u32,
    /// The 4 of 5.4.2.
    pub minor: u32,
}

impl Version {
    /// The first podman that has quadlets.
    pub const FIRST_WITH_QUADLETS: Self = Self::new(4, 4);

    /// `major.minor`.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Version {
    type Err = String;

    /// Reads `5.4.2`, `4.3.1+ds1-8+deb12u1` and what `podman --version` prints.
    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.trim().trim_start_matches("podman version ");
        let mut parts = number.split(|c: char| !c.is_ascii_digit());
        let mut next = || parts.next().and_then(|part| part.parse().ok());
        match (next(), next()) {
            (Some(major), Some(minor)) => Ok(Self { major, minor }),
            _ => Err(format!("`{text}` is no version of podman")),
        }
    }
}
