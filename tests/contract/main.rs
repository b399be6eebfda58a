//! What roles and scenarios rely on in the programs of the stack, asked by command line and over a URL: which configurations they
//! take, when they are ready, that what is pushed can be read back, what they refuse, and how they take signals.
//!
//! The stand-ins are held against it, and so is a real program wherever there is one (`make test-real`, and [`program`]).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod alloy;
mod grafana;
mod influxdb;
mod loki;
mod program;
mod standins;
mod telegraf;
mod verdicts;
