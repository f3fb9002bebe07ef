//! `ella student erase`: a student goes with all that is theirs, and stays gone.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use ella_sql::{
    client::Params as _,
    queries::{operator as queries, users},
};
use uuid::Uuid;

use super::{super::connection::refused, Operator, unknown};
use crate::guards::erased;

/// Asks, erases, and says so.
///
/// # Errors
/// A sentence; then nothing was erased, unless it says so.
#[expect(clippy::print_stdout, reason = "for the person at the terminal")]
pub(super) async fn command(operator: &Operator, id: Uuid, yes: bool) -> Result<(), String> {
    let Some(contents) = contents(operator, id).await? else { return Err(unknown(id)) };
    println!("Student {id}: {contents}.");
    if !yes && !confirmed(id)? {
        return Err("Nothing was erased.".to_owned());
    }
    erase(operator, id).await?;
    println!(
        "Erased. Restores will erase this student again: the id is on the list of the erased, and nothing else."
    );
    Ok(())
}

/// Erases a student. False if there was none.
///
/// # Errors
/// A sentence. When it is about the list's file, the student is erased already.
pub async fn erase(operator: &Operator, id: Uuid) -> Result<bool, String> {
    let (now, action_id) = operator.now();
    let params = queries::EraseStudentParams { user_id: id, now, action_id };
    let was_there = queries::erase_student().params(&operator.client, &params).one().await;
    let was_there = was_there.map_err(|error| refused(&error))?;
    keep_the_list(operator).await?;
    Ok(was_there)
}

/// Brings the list that restores go by up to date, after somebody was erased.
pub(crate) async fn keep_the_list(operator: &Operator) -> Result<(), String> {
    let listed = erased::list(&operator.client).await.map_err(|error| refused(&error))?;
    let kept = erased::keep(&operator.data_dir, &listed);
    kept.map(drop).map_err(|error| {
        format!("It is done, but the list of the erased that restores go by could not be kept: {error} The server tries again within a minute.")
    })
}

/// What there is of a student, for people; nothing of what it says.
async fn contents(operator: &Operator, id: Uuid) -> Result<Option<String>, String> {
    if users::student_exists()
        .bind(&operator.client, &id)
        .opt()
        .await
        .map_err(|error| refused(&error))?
        .is_none()
    {
        return Ok(None);
    }
    let sql = "select (select count(*) from conversations where user_id = $1),
        (select count(*) from messages where user_id = $1), (select count(*) from placements where user_id = $1),
        (select count(*) from devices where user_id = $1)";
    let row = operator.client.query_one(sql, &[&id]).await.map_err(|error| refused(&error))?;
    let count = |place: usize, what: &str| {
        let count: i64 = row.get(place);
        format!("{count} {what}{}", if count == 1 { "" } else { "s" })
    };
    let counts = [count(0, "conversation"), count(1, "message"), count(2, "placement"), count(3, "phone")];
    Ok(Some(counts.join(", ")))
}

/// Whether the person at the terminal means it.
#[expect(clippy::print_stdout, reason = "for the person at the terminal")]
fn confirmed(id: Uuid) -> Result<bool, String> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(
            "Nobody is there to ask whether it is meant: say so with --yes. Nothing was erased.".to_owned()
        );
    }
    let start = &id.to_string()[..8];
    print!("This cannot be undone. Type {start} to erase this student: ");
    let mut line = String::new();
    std::io::stdout()
        .flush()
        .and_then(|()| stdin.lock().read_line(&mut line))
        .map_err(|error| format!("The answer could not be read: {error}. Nothing was erased."))?;
    Ok(line.trim() == start)
}
