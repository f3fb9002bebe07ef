//! A real PostgreSQL for a whole test run, and a database of its own for each test.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use ella_keeper::{Postgres, Settings};
use tokio::{runtime::Runtime, sync::OnceCell};
use tokio_postgres::{Config, NoTls};

/// The name that every run's folder begins with; the number of its process follows.
const FOLDER: &str = "ella-test-cluster-";

/// The password of the application's role in test clusters.
pub const PASSWORD: &str = "a password for tests only";

/// The cluster of this test run.
pub struct Cluster {
    postgres: Postgres,
    databases: AtomicU32,
}

/// A database of one test's own, a copy of the template.
#[derive(Clone, Debug)]
pub struct TestDatabase {
    /// Its name.
    pub name: String,
    /// How the application connects.
    pub application: Config,
    /// How the superuser connects.
    pub administrator: Config,
}

/// The cluster lives on a runtime of its own, because each test's runtime ends with the test.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime for the test cluster")
    })
}

/// The cluster of this test run, started when it is first asked for. `prepare` fills the template database, from
/// which every test's own is copied; it gets the superuser's connection settings.
pub async fn cluster<F, Fut>(prepare: F) -> &'static Cluster
where
    F: FnOnce(Config) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
    CLUSTER
        .get_or_init(|| async {
            runtime()
                .spawn(async move {
                    remove_leftovers();
                    let folder = std::env::temp_dir().join(format!("{FOLDER}{}", std::process::id()));
                    make_passable(&folder);
                    let settings = Settings {
                        durable: false,
                        app_connections: 300,
                        memory_bytes: Some(1 << 30),
                        ..Settings::new(&folder, PASSWORD)
                    };
                    let postgres = Postgres::start(settings).await.unwrap_or_else(|error| panic!("{error}"));
                    prepare(postgres.administrator()).await;
                    Cluster { postgres, databases: AtomicU32::new(0) }
                })
                .await
                .expect("the test cluster starts")
        })
        .await
}

impl Cluster {
    /// A new database, a copy of the template.
    pub async fn database(&self) -> TestDatabase {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        execute(&self.maintenance(), &format!("create database {name} template ella")).await;
        let mut administrator = self.postgres.administrator();
        administrator.dbname(&name);
        // The application's role may enter its one database only; here it is put on in the copies, with the settings
        // that it has there.
        let mut application = administrator.clone();
        application
            .options("-c role=ella_app -c search_path=ella -c statement_timeout=5s -c lock_timeout=2s");
        TestDatabase { name, application, administrator }
    }

    /// A new, empty database, owned by a role `owner` of its own that can log in with [`PASSWORD`] and nothing else.
    pub async fn empty_database(&self) -> TestDatabase {
        let name = format!("empty_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        execute(&self.maintenance(), &format!("create database {name} template template0")).await;
        let mut administrator = self.postgres.administrator();
        administrator.dbname(&name);
        TestDatabase { name, application: administrator.clone(), administrator }
    }

    /// The cluster itself, for tests that go beyond one database.
    pub fn postgres(&self) -> &Postgres {
        &self.postgres
    }

    fn maintenance(&self) -> Config {
        let mut config = self.postgres.administrator();
        config.dbname("postgres");
        config
    }
}

/// Runs statements on a connection of their own.
pub async fn execute(config: &Config, sql: &str) {
    let (client, connection) = config.connect(NoTls).await.expect("the test's database can be reached");
    let work = async move { client.batch_execute(sql).await };
    let (worked, _) = futures::join!(work, connection);
    worked.unwrap_or_else(|error| {
        panic!("{sql}: {}", error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string))
    });
}

/// The first column of the first row, as text.
pub async fn ask(config: &Config, sql: &str) -> String {
    let (client, connection) = config.connect(NoTls).await.expect("the test's database can be reached");
    let work = async move {
        let rows = client.simple_query(sql).await.expect("the question is good SQL");
        rows.iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        })
    };
    let (answer, _) = futures::join!(work, connection);
    answer.unwrap_or_default()
}

/// Makes a folder that PostgreSQL's own user may pass through.
pub fn make_passable(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(folder).expect("a folder for the test");
    fs::set_permissions(folder, fs::Permissions::from_mode(0o711)).expect("a passable folder");
}

/// Folders of earlier runs whose process is gone. (Their PostgreSQL went with them.)
fn remove_leftovers() {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(FOLDER));
        let is_gone = process.is_some_and(|process| !PathBuf::from("/proc").join(process).exists());
        if is_gone {
            // Someone else's, or being removed by another run: not worth a word.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
