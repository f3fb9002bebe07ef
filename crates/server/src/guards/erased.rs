//! The list of the erased: their ids and when, nothing else. It lives in the database and, once more, in a file of the
//! data folder, because a restore to before an erasure brings the student back: whoever is on either list is erased again.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown},
    path::{Path, PathBuf},
    time::Duration,
};

use ella_sql::{
    client::{GenericClient, Params as _},
    queries::{guards, operator},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    app::App,
    clock::{Clock, Ids},
    database::explain,
    tasks::Reconciler,
};

/// The list's file in the data folder.
pub const FILE: &str = "erased.json";

/// Ids that are looked up at once.
const BATCH: usize = 1000;

/// A student who was erased. Nothing else is known of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Who it was.
    pub user_id: Uuid,
    /// When it was done first.
    pub erased_at: Timestamp,
}

/// The list of this database.
///
/// # Errors
/// PostgreSQL's own.
pub async fn list<C: GenericClient>(client: &C) -> Result<Vec<Erased>, tokio_postgres::Error> {
    guards::erased_students()
        .bind(client)
        .map(|row| Erased { user_id: row.user_id, erased_at: row.erased_at })
        .all()
        .await
}

/// Erases whoever of the list is there (again), and puts all of them on the list of this database; returns how many
/// students were erased. The client is the operator's. Each student is a statement: an interruption can be run again.
///
/// # Errors
/// PostgreSQL's own.
pub async fn apply<C: GenericClient>(
    client: &C,
    list: &[Erased],
    now: Timestamp,
) -> Result<u64, tokio_postgres::Error> {
    let ids = Ids::default();
    let known: BTreeMap<Uuid, Timestamp> =
        list.iter().map(|erased| (erased.user_id, erased.erased_at)).collect();
    let mut erased = 0;
    for batch in list.chunks(BATCH) {
        let batch: Vec<Uuid> = batch.iter().map(|erased| erased.user_id).collect();
        for user_id in operator::not_yet_erased().bind(client, &batch).all().await? {
            let params = operator::EraseStudentParams {
                user_id,
                now: known.get(&user_id).copied().unwrap_or(now),
                action_id: ids.next(now),
            };
            erased += u64::from(operator::erase_student().params(client, &params).one().await?);
        }
    }
    Ok(erased)
}

/// The list that is kept in the data folder; empty when there is no file.
///
/// # Errors
/// A sentence that names the file.
pub fn read(data_dir: &Path) -> Result<Vec<Erased>, String> {
    let path = data_dir.join(FILE);
    match fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text).map_err(|error| {
            format!(
                "{} is not a list of erased students: {error}. Put it right, or a good copy in its place.",
                path.display()
            )
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(format!("Cannot read {}: {error}.", path.display())),
    }
}

/// Adds to the list that is kept in the data folder; nobody is ever taken off it. Whether anybody was new. Also an empty
/// list is kept: it says that nobody is on it.
///
/// # Errors
/// A sentence that names the file.
pub fn keep(data_dir: &Path, list: &[Erased]) -> Result<bool, String> {
    let kept = read(data_dir)?;
    let merged = merge(&kept, list);
    let path = data_dir.join(FILE);
    if merged.len() == kept.len() && path.exists() {
        return Ok(false);
    }
    // Beside another one's database there may be no folder, and nothing to say in it either.
    if merged.is_empty() && !data_dir.is_dir() {
        return Ok(false);
    }
    let text = serde_json::to_vec_pretty(&merged).map_err(|error| format!("write the list: {error}"))?;
    write(data_dir, &path, &text).map_err(|error| format!("Cannot write {}: {error}.", path.display()))?;
    Ok(merged.len() != kept.len())
}

/// Both lists in one; who is on both was erased at the earlier time.
#[must_use]
pub fn merge(one: &[Erased], other: &[Erased]) -> Vec<Erased> {
    let mut merged: BTreeMap<Uuid, Timestamp> = BTreeMap::new();
    for erased in one.iter().chain(other) {
        let at = merged.entry(erased.user_id).or_insert(erased.erased_at);
        *at = erased.erased_at.min(*at);
    }
    merged.into_iter().map(|(user_id, erased_at)| Erased { user_id, erased_at }).collect()
}

/// Brings the database and the file of the data folder to the same list, erasing whoever came back.
///
/// # Errors
/// A sentence.
pub async fn apply_kept<C: GenericClient>(client: &C, data_dir: &Path, clock: &Clock) -> Result<(), String> {
    let failed = |error: tokio_postgres::Error| {
        format!("The list of erased students could not be applied: {}.", explain(&error))
    };
    let kept = read(data_dir)?;
    let erased = apply(client, &kept, clock.now()).await.map_err(failed)?;
    if erased > 0 {
        tracing::warn!(
            students = erased,
            "erased students had come back, by a restore: they are erased again"
        );
    }
    keep(data_dir, &list(client).await.map_err(failed)?).map(drop)
}

/// Whole or not at all, readable by all (there is nothing personal in it), and the folder's owner's, who is the one to
/// write it next time.
fn write(data_dir: &Path, path: &Path, text: &[u8]) -> io::Result<()> {
    let aside: PathBuf = path.with_extension(format!("{}.new", std::process::id()));
    fs::write(&aside, text)?;
    fs::set_permissions(&aside, fs::Permissions::from_mode(0o644))?;
    if rustix::process::geteuid().is_root() {
        let folder = fs::metadata(data_dir)?;
        chown(&aside, Some(folder.uid()), Some(folder.gid()))?;
    }
    fs::File::open(&aside)?.sync_all()?;
    fs::rename(&aside, path)?;
    fs::File::open(data_dir)?.sync_all()
}

/// Keeps the file up with the database.
pub(crate) struct KeptList;

impl Reconciler for KeptList {
    const NAME: &'static str = "keep the list of erased students";
    const EVERY: Duration = Duration::from_mins(1);

    async fn run(app: &App) -> Result<String, String> {
        let found = app.database.read(|client| async move { list(&client).await }).await;
        let found = found.map_err(|error| error.to_string())?;
        let data_dir = app.config.data_dir()?;
        let is_new = keep(&data_dir, &found)?;
        Ok(if is_new { "added to it" } else { "nobody was added" }.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn erased(id: u128, second: i64) -> Erased {
        Erased { user_id: Uuid::from_u128(id), erased_at: Timestamp::from_second(second).unwrap() }
    }

    #[test]
    fn nobody_is_taken_off_the_list_and_the_first_time_counts() {
        let merged = merge(&[erased(2, 5), erased(1, 1)], &[erased(2, 3), erased(3, 9)]);
        assert_eq!(merged, [erased(1, 1), erased(2, 3), erased(3, 9)]);
    }
}
