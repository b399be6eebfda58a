//! What a project says of its scenarios: `scenario.yml` and `platforms.yml`, as written.

mod collection;
pub mod existing;
mod platform;
mod prepare;
mod read;
mod variant;

pub use collection::{Collection, init};
pub use existing::Existing;
pub use platform::{Build, Image, Mount, Origin, Platform};
pub use variant::{Matrix, Variant};
