// This file was generated with `cornucopia`. Do not modify.

pub mod admin;
pub mod auth;
pub mod budgets;
pub mod conversations;
pub mod demo;
pub mod guards;
pub mod operator;
pub mod placements;
pub mod progress;
pub mod retries;
pub mod students;
pub mod tutor;
pub mod upkeep;
pub mod users;
