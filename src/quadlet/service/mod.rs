//! The services that quadlets become, for hosts whose podman does not make them itself.
//!
//! What podman's generator writes is written here: that of podman 5.4 line by line, with what later ones understand
//! besides (units that depend on quadlets by their names, `ReloadCmd=`, labels without a value, an empty `Entrypoint=`,
//! `RequiresMountsFor=` of what a volume binds, links for `UpheldBy=`). Options that the generator writes in another order each time are in a
//! fixed order. What the generator leaves out or guesses, such as a command line that it cannot split, is refused.

mod command;
mod container;
mod image;
mod links;
mod network;
mod options;
mod translation;
mod users;
mod volume;

use super::{Kind, Named, Problem, Version, check};
use translation::Translation;

pub use links::Link;

/// The oldest podman that services are written for.
const OLDEST: Version = Version::new(4, 3);

/// A quadlet as a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translated {
    /// The name of the service's file.
    pub file_name: String,
    /// What is in it.
    pub text: String,
    /// What `[Install]` asks for: units made by a generator cannot be enabled, so links are made instead.
    pub links: Vec<Link>,
}

/// The service that a quadlet becomes on a host with this podman: one that can make it itself gets what it would make;
/// one that cannot gets what does the same there, without `SourcePath=`. `set` is all quadlets of the host, this one included
/// or not, and `rootless` says that the service is one of a user.
///
/// # Errors
/// What is wrong with the quadlet, and what this podman cannot do.
pub fn to_service(quadlet: &Named, set: &[Named], podman: Version, rootless: bool) -> Result<Translated, Vec<Problem>> {
    if podman < OLDEST {
        return Err(vec![Problem::new(1, check::too_new(&quadlet.name, OLDEST, podman))]);
    }
    let mut problems = check::known_keys(quadlet.kind, &quadlet.unit);
    problems.extend(options::too_new(quadlet, podman));
    let mut translation = Translation::new(quadlet, set, podman);
    translation.begin(rootless);
    match quadlet.kind {
        Kind::Container => translation.container(),
        Kind::Volume => translation.volume(),
        Kind::Network => translation.network(),
        Kind::Image => translation.image(),
    }
    let links = links::links(quadlet, &mut translation.problems);
    problems.append(&mut translation.problems);
    if !problems.is_empty() {
        problems.sort_by_key(|problem| problem.line);
        return Err(problems);
    }
    Ok(Translated { file_name: quadlet.service_name(), text: translation.service.to_string(), links })
}

/// The links that [`to_service`] names for a quadlet.
pub fn install_links(quadlet: &Named) -> Vec<Link> {
    links::links(quadlet, &mut Vec::new())
}
