//! Ella's server: the HTTP API, Zoe's turns, and what runs beside them.
//!
//! `ARCHITECTURE.md` is the map.

pub mod admin;
pub mod app;
pub mod auth;
pub mod backups;
pub mod clock;
pub mod config;
pub mod conversations;
pub mod database;
pub mod demo;
pub mod guards;
pub mod http;
pub mod levels;
pub mod lifecycle;
pub mod open_files;
pub mod operator;
pub mod pages;
pub mod placements;
pub mod progress;
pub mod router;
pub mod secrets;
pub mod system;
pub mod talk;
pub mod tasks;
pub mod telemetry;
pub mod tutor;
pub mod users;
pub mod words;
