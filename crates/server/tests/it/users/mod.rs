mod me;
mod settings;
mod update;
