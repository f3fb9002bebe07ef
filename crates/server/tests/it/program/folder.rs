//! A data folder for each test, below a folder for the whole run that PostgreSQL's own user may pass through.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use ella::secrets::Secrets;
use ella_test_support::database::make_passable;
use tokio::sync::OnceCell;

use super::Start;

/// The name that every run's folder begins with; the number of its process follows.
const BASE: &str = "ella-test-program-";

/// A folder of one test's own; it goes with the test.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A folder in which there is nothing yet.
    pub fn new() -> Self {
        static FOLDERS: AtomicU32 = AtomicU32::new(0);
        let path = base().join(FOLDERS.fetch_add(1, Ordering::Relaxed).to_string());
        make_passable(&path);
        Self { path }
    }

    /// A folder whose data folder `ella migrate` has made. It is made once and copied.
    pub async fn prepared() -> Self {
        static TEMPLATE: OnceCell<Folder> = OnceCell::const_new();
        let template = TEMPLATE
            .get_or_init(|| async {
                let folder = Self::new();
                Start::on(&folder).command("migrate").end().await.assert_success();
                folder
            })
            .await;
        let folder = Self::new();
        let copied = Command::new("cp").arg("-a").args([template.data(), folder.data()]).status();
        assert!(copied.expect("cp is there").success());
        folder
    }

    /// The folder itself, for what belongs to the test.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The data folder in it.
    pub fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    /// The cluster's folder in the data folder.
    pub fn cluster(&self) -> PathBuf {
        self.data().join("postgres")
    }

    /// How the superuser connects to the PostgreSQL that runs here.
    pub fn administrator(&self) -> tokio_postgres::Config {
        let file = self.read("postgres/postmaster.pid");
        let socket =
            file.lines().nth(4).filter(|socket| socket.starts_with('/')).expect("the socket's folder");
        let mut config = tokio_postgres::Config::new();
        config.host(socket).user("postgres").dbname("ella");
        config
    }

    /// How the application connects, with the password that derives from the recovery key.
    pub fn application(&self) -> tokio_postgres::Config {
        let secrets = Secrets::new(
            &self.read("recovery.key"),
            &ella::config::Config::from_flags(Vec::<String>::new()).expect("the defaults are good"),
        );
        let mut config = self.administrator();
        config.user("ella_app").password(secrets.database_password());
        config
    }

    /// A file of the data folder, without white space around it.
    pub fn read(&self, name: &str) -> String {
        let text = fs::read_to_string(self.data().join(name));
        text.unwrap_or_else(|error| panic!("{name}: {error}")).trim().to_owned()
    }

    /// Puts a file into the data folder.
    pub fn write(&self, name: &str, content: &str) {
        fs::write(self.data().join(name), content).expect("a file in the data folder");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A PostgreSQL whose parent was killed may still be writing its last files.
        for _ in 0..100 {
            if fs::remove_dir_all(&self.path).is_ok() || !self.path.exists() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// This run's folder. Those of earlier runs, whose process is gone, are removed.
fn base() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let temporary = std::env::temp_dir();
        for entry in fs::read_dir(&temporary).expect("a folder for temporary files").flatten() {
            let name = entry.file_name();
            let process = name.to_str().and_then(|name| name.strip_prefix(BASE));
            if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
                // Being removed by another run, perhaps: not worth a word.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let base = temporary.join(format!("{BASE}{}", std::process::id()));
        make_passable(&base);
        base
    })
}
