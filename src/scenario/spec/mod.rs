//! What a project says of its scenarios: `scenario.yml` and `platforms.yml`, as written.

mod collection;
pub mod existing;
mod platform;
mod prepare;
mod read;
mod schema;
mod variant;

pub use collection::{Collection, init};
pub use existing::Existing;
pub use platform::{Build, Image, Mount, Origin, Platform};
pub use schema::schema;
pub use variant::{Matrix, Variant};
