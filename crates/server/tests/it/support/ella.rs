use std::{net::SocketAddr, time::Duration};

use ella::{
    app::App,
    clock::Clock,
    config::Config,
    database::{Database, Pool, managed},
    http::serve,
    router::router,
    secrets::Secrets,
    tutor::{Patience, Tutor},
};
use ella_test_support::database::{Cluster, TestDatabase, cluster};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use tokio::net::TcpListener;
use tokio_postgres::NoTls;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use super::{Answer, Student};

pub const ADMIN_KEY: &str = "the admin key of the tests, long enough";
pub const JWT_SECRET: &str = "the token secret of the tests, long enough";
const RECOVERY_KEY: &str = "the recovery key of the tests, long enough";
/// Connections of clients at once, and calls of models.
const MOST: usize = 10_000;
/// When every test begins: a Sunday morning.
const BEGINNING: &str = "2026-11-22T10:00:00Z";

/// A server on a free port, with a database and a clock of its own. It stops when it is dropped.
pub struct Ella {
    pub address: SocketAddr,
    pub app: App,
    pub database: TestDatabase,
    client: reqwest::Client,
    _stop: DropGuard,
}

/// A server that is yet to start, with settings as flags.
#[derive(Default)]
pub struct EllaBuilder {
    flags: Vec<String>,
    system_clock: bool,
    patience: Patience,
    database_patience: Option<Duration>,
}

impl EllaBuilder {
    /// Adds a setting: `.flag("--token-days", "1")`.
    pub fn flag(mut self, name: &str, value: impl ToString) -> Self {
        self.flags.push(format!("{name}={}", value.to_string()));
        self
    }

    /// Takes the machine's clock instead of one that stands still.
    pub fn system_clock(mut self) -> Self {
        self.system_clock = true;
        self
    }

    /// Gives up requests that have missed their budgets after so long, streams included.
    pub fn patient_for(mut self, time: Duration) -> Self {
        self.patience = Patience { longest_stream: time, overtime: time };
        self
    }

    /// Waits for an answer of the database no longer than this.
    pub fn database_patience(mut self, time: Duration) -> Self {
        self.database_patience = Some(time);
        self
    }

    pub async fn start(self) -> Ella {
        let database = test_cluster().await.database().await;
        self.start_on(database).await
    }

    /// Starts on a database that is there already.
    pub async fn start_on(self, database: TestDatabase) -> Ella {
        let clock = if self.system_clock { Clock::System } else { Clock::manual(BEGINNING.parse().unwrap()) };
        let preset =
            [("--admin-key", ADMIN_KEY), ("--jwt-secret", JWT_SECRET), ("--sign-ins-per-minute", "0")];
        // A flag that is given stands for the preset one.
        let preset = preset.iter().filter(|(name, _)| !self.flags.iter().any(|flag| flag.starts_with(name)));
        let flags: Vec<String> =
            preset.map(|(name, value)| format!("{name}={value}")).chain(self.flags.iter().cloned()).collect();
        let config = Config::from_flags(flags).unwrap_or_else(|error| panic!("{error}"));
        let secrets = Secrets::new(RECOVERY_KEY, &config);
        let pool = Pool::new(database.application.clone(), NoTls, config.database_pool).unwrap();
        let tutor = Tutor::new(&config, MOST).unwrap().with_patience(self.patience);
        let mut known = Database::new(pool);
        if let Some(time) = self.database_patience {
            known = known.with_patience(time);
        }
        let app = App::new(config, &secrets, known, tutor, clock);

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving = serve::serve(listener, MOST, router(app.clone()), stop.clone(), Duration::ZERO);
        app.tasks.spawn(serving);
        Ella { address, app, database, client: client(), _stop: stop.drop_guard() }
    }
}

/// The run's cluster, its template migrated and with the same grants and guards as in the real thing.
pub async fn test_cluster() -> &'static Cluster {
    cluster(|administrator| async move {
        let (mut client, connection) = administrator.connect(NoTls).await.unwrap();
        let work = async move {
            let clock = Clock::manual(BEGINNING.parse().unwrap());
            managed::prepare(&mut client, "ella_owner", &clock).await.unwrap();
        };
        let ((), _) = futures::join!(work, connection);
    })
    .await
}

fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_mins(1))
        .build()
        .unwrap()
}

impl Ella {
    /// A server with the usual settings.
    pub async fn start() -> Self {
        Self::with().start().await
    }

    /// A server with settings of its own: `Ella::with().flag(..).start()`.
    pub fn with() -> EllaBuilder {
        EllaBuilder::default()
    }

    /// The time on the server's clock.
    pub fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// Turns the server's clock forward.
    pub fn advance(&self, by: SignedDuration) {
        self.app.clock.set(self.now() + by);
    }

    /// Turns the server's clock to a moment.
    pub fn set_time(&self, to: &str) {
        self.app.clock.set(to.parse().expect("a time"));
    }

    /// A request without anything on it.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    /// A plain GET.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// A plain POST of JSON.
    pub async fn post(&self, path: &str, body: serde_json::Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(&body)).await
    }

    /// A GET with the admin key.
    pub async fn admin_get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path).header("x-admin-key", ADMIN_KEY)).await
    }

    /// A new device signs in, and a new student is there.
    pub async fn student(&self) -> Student<'_> {
        // Any id will do, as long as it is another every time.
        let device = self.app.new_id();
        self.student_on(device).await
    }

    /// The student of this device.
    pub async fn student_on(&self, device: Uuid) -> Student<'_> {
        let answer = self.post("/auth/anonymous", serde_json::json!({"device_id": device})).await;
        answer.assert(200);
        Student {
            ella: self,
            id: answer.body["user_id"].as_str().unwrap().parse().unwrap(),
            token: answer.body["access_token"].as_str().unwrap().to_owned(),
        }
    }
}
