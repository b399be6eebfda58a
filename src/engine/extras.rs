//! What is asked of a host beside what is always asked, because templates have asked for it.

use crate::host::facts::Extras;
use crate::template::Hosts;

impl Hosts {
    /// What templates have asked for of a host that is not gathered otherwise.
    pub fn extras(&self, name: &str) -> Extras {
        Extras { podman: self.podman_wanted(), secrets: self.secrets().is_wanted(name) }
    }
}
