//! `ella student`: what is one student's, by that student's wish.

pub(crate) mod abandon;
pub mod erase;
pub mod export;
pub mod relink;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::Operator;
use crate::config::Config;

/// Export, erase or relink one student.
#[derive(Args)]
pub struct Student {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Write everything that is a student's as JSON.
    Export {
        /// The student's id.
        id: Uuid,
        /// The file to write; it must not exist yet [default: the terminal].
        #[arg(long)]
        to: Option<PathBuf>,
    },
    /// Erase a student with all that is theirs, also from backups that are restored later.
    Erase {
        /// The student's id.
        id: Uuid,
        /// Do not ask whether it is meant.
        #[arg(long)]
        yes: bool,
    },
    /// Let a phone back in: one that lost its secret, or a new one.
    Relink {
        /// The student's id.
        id: Uuid,
        /// The one phone that is meant, by its own device id. One that the student does not have yet becomes theirs
        /// [default: every phone of the student's may bring a new secret at its next sign-in].
        #[arg(long)]
        device: Option<Uuid>,
    },
}

/// Does what was asked.
///
/// # Errors
/// A sentence.
pub async fn run(student: Student, config: &Config) -> Result<(), String> {
    let mut operator = Operator::connect(config).await?;
    match student.action {
        Action::Export { id, to } => export::command(&mut operator, id, to.as_deref()).await,
        Action::Erase { id, yes } => erase::command(&operator, id, yes).await,
        Action::Relink { id, device } => relink::command(&mut operator, config, id, device).await,
    }
}

/// What is said of a student who is not there.
fn unknown(id: Uuid) -> String {
    format!(
        "There is no student {id}. The id is `user_id` in what a sign-in answers, and in the dashboard's transcripts."
    )
}
