//! A new database that is filled before it takes its place.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use tokio::task::spawn_blocking;

use super::{
    Postgres, Settings, StartError,
    cluster::{clear, is_empty, refuse_a_mount_point},
    folder,
    lock::Lock,
    run_as::RunAs,
};

/// Where it is made, in the data folder.
pub(crate) const FOLDER: &str = "importing";

/// A database in the making for a data folder that has none. It is made beside its place and takes it in one step:
/// an interruption, however it comes about, leaves a folder without a database, in which this can be begun again.
#[derive(Debug)]
pub struct Anew {
    /// The server that it is filled through.
    pub postgres: Postgres,
    data_dir: PathBuf,
    _lock: Lock,
}

impl Anew {
    /// Starts it, and clears away what an interrupted one has left.
    ///
    /// # Errors
    /// There is a database already, a program at work in the folder, or no way to start one.
    pub async fn begin(settings: Settings) -> Result<Self, StartError> {
        let wanted = settings.data_dir.clone();
        let (data_dir, lock) = spawn_blocking(move || {
            let data_dir = folder::prepare(&wanted, &RunAs::find()?)?;
            let lock = Lock::take(&data_dir)?;
            let place = data_dir.join("postgres");
            if place.exists() && !is_empty(&place) {
                return Err(StartError::Occupied { folder: data_dir });
            }
            refuse_a_mount_point(&place)?;
            remove(&data_dir.join(FOLDER))?;
            Ok((data_dir, lock))
        })
        .await
        .map_err(|_| StartError::Abandoned)??;
        let scratch = Settings { data_dir: data_dir.join(FOLDER), ..settings };
        match Postgres::start(scratch).await {
            Ok(postgres) => Ok(Self { postgres, data_dir, _lock: lock }),
            Err(error) => {
                remove(&data_dir.join(FOLDER))?;
                Err(error)
            }
        }
    }

    /// Stops it and puts it in its place.
    ///
    /// # Errors
    /// It could not be moved there.
    pub async fn put_in_place(self) -> Result<(), StartError> {
        self.postgres.stop().await;
        let (made, place) = (self.data_dir.join(FOLDER).join("postgres"), self.data_dir.join("postgres"));
        fs::rename(&made, &place)
            .and_then(|()| File::open(&self.data_dir)?.sync_all())
            .map_err(|error| StartError::file("put in place", &place, error))?;
        remove(&self.data_dir.join(FOLDER))
    }

    /// Stops it and removes what was made.
    ///
    /// # Errors
    /// Something of it is left.
    pub async fn discard(self) -> Result<(), StartError> {
        self.postgres.stop().await;
        remove(&self.data_dir.join(FOLDER))
    }
}

fn remove(scratch: &Path) -> Result<(), StartError> {
    clear(&scratch.join("postgres"))?;
    match fs::remove_dir_all(scratch) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(StartError::file("remove", scratch, error))
        }
        _ => Ok(()),
    }
}
