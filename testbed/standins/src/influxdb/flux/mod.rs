//! A small part of Flux: pipelines from a bucket, and the annotated CSV that answers them.

pub mod csv;
mod lex;
mod parse;
mod run;
mod table;

pub use run::{Source, run};
pub use table::Table;
