//! What solti can look at and change on a host. Each ability has a folder of its own: what it asks and in which words of
//! the shell, how the answer is read, what is known then, and what steps do with it.

/// All abilities, in the order in which a host is asked about them. Each line names a folder, and what it is called in a
/// probe and in what is known; then the type of what is known, and its operations. `$derive` is given the list: so
/// come the questions (`probe.rs`), the reading of answers (`reader.rs`), what is known (`state.rs`), the operations
/// (`operation.rs`), and the shell text of steps (here).
macro_rules! abilities {
    ($derive:ident) => {
        $derive! {
            /// What podman and the users' own systemd say. Where podman has never been asked before, it makes folders in a
            /// user's home, which the others are to find there.
            podman as podman: Podman, Podman(PodmanOperation);
            /// Files, folders and links.
            files as files: Files, Files(FileOperation);
            /// Users and groups.
            accounts as accounts: Accounts, Accounts(AccountOperation);
            /// Packages.
            packages as packages: Packages, Packages(PackageOperation);
            /// Units, by full name.
            systemd as units: Units, Units(UnitOperation);
            /// Commands of roles by the key that they are asked under, and what is in folders.
            commands as commands: Commands, Commands(CommandOperation);
        }
    };
}

macro_rules! folders {
    ($($(#[$what:meta])* $ability:ident as $name:ident: $known:ident, $operations:ident($operation:ident);)*) => {
        $($(#[$what])* pub mod $ability;)*

        /// What steps do with all of them, as functions of the host's shell.
        pub const STEP: &[&str] = &[$($ability::STEP),*];
    };
}
abilities!(folders);

pub mod call;
pub mod http;
pub mod memory;
mod operation;
mod probe;
pub mod program;
mod reader;
pub mod scope;
mod state;
#[cfg(test)]
mod tests;

pub use operation::{Operation, StepPhase};
pub use probe::{PLACE, Probe};
pub use reader::{ProbeError, Reader};
pub use state::{Declared, Predicted, Run, StartedWith, State};
