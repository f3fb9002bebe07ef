//! The real program, as those who run it start it and stop it, and as machines treat it.

mod commands;
mod deaths;
mod durability;
mod folder;
mod footprint;
mod keys;
mod log;
mod lost_files;
mod machine;
pub(crate) mod metrics;
mod open_files;
mod refusals;
mod run;
mod settings;
mod shutdown;
mod soak;
mod start;

pub(crate) use folder::Folder;
pub(crate) use machine::{eventually, is_alive, is_root, signal};
pub(crate) use run::{Program, Start};
