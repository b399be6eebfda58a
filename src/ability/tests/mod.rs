//! The probe and its answers, the manifest.

mod manifest;
mod probe;
mod reader;
mod shells;
