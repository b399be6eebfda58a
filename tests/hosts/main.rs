//! What only real hosts can show.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod actions;
mod apt;
mod as_before;
mod attacker;
mod backends;
mod bench;
mod both;
mod broken_roles;
mod checks;
mod commands;
mod config;
mod connections;
mod cost;
mod dashboards;
mod driver;
mod existing;
mod failed;
mod faults;
mod files;
mod grafana;
mod influxdb;
mod json;
mod killed;
mod leaks;
mod logs;
mod packages;
mod poller;
mod quadlet_generator;
mod quadlets;
mod restarts;
mod roles;
mod scenarios;
mod secrets;
mod selection;
mod services;
mod stack;
mod telegraf;
mod testbed;
mod turns;
mod verify;
