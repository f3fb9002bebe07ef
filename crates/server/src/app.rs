//! What every endpoint can reach.

use std::{ops::Deref, sync::Arc};

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    admin::{PriceList, stats::StatsCache},
    auth::{AdminKey, DeviceHasher, SignInLimiter, Tokens},
    backups::BackupService,
    clock::{Clock, Ids},
    config::Config,
    database::Database,
    http::cursor::Cursors,
    secrets::Secrets,
    tasks::Tasks,
    tutor::Tutor,
};

/// The running server's parts. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// See [`App`].
pub struct Parts {
    /// The settings.
    pub config: Config,
    /// The database.
    pub database: Database,
    /// The time.
    pub clock: Clock,
    /// When the server started.
    pub started_at: Timestamp,
    /// Students' tokens.
    pub tokens: Tokens,
    /// The key for `/admin`.
    pub admin_key: AdminKey,
    /// Hashes device ids and secrets.
    pub devices: DeviceHasher,
    /// Seals and opens cursors.
    pub cursors: Cursors,
    /// Slows down clients that sign in too often.
    pub sign_ins: SignInLimiter,
    /// Zoe.
    pub tutor: Tutor,
    /// The dashboard's figures.
    pub stats: StatsCache,
    /// What tokens cost.
    pub prices: PriceList,
    /// The backups of the managed database.
    pub backups: BackupService,
    /// Work that outlives a request, and work that runs by itself.
    pub tasks: Tasks,
    ids: Ids,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(config: Config, secrets: &Secrets, database: Database, tutor: Tutor, clock: Clock) -> Self {
        Self::with_backups(config, secrets, database, tutor, clock, BackupService::off())
    }

    /// The same, with backups.
    #[must_use]
    pub fn with_backups(
        config: Config,
        secrets: &Secrets,
        database: Database,
        tutor: Tutor,
        clock: Clock,
        backups: BackupService,
    ) -> Self {
        let token_life = jiff::SignedDuration::from_hours(24 * i64::from(config.token_days));
        Self(Arc::new(Parts {
            started_at: clock.now(),
            tokens: Tokens::new(&secrets.token_secret, &secrets.previous_token_secrets, token_life),
            admin_key: AdminKey::new(secrets.admin_key()),
            devices: DeviceHasher::new(secrets.device_key()),
            cursors: Cursors::new(&secrets.cursor_key()),
            sign_ins: SignInLimiter::new(config.sign_ins_per_minute),
            stats: StatsCache::default(),
            prices: PriceList::new(&config.prices),
            tasks: Tasks::default(),
            ids: Ids::default(),
            backups,
            config,
            database,
            clock,
            tutor,
        }))
    }

    /// A new id, made now.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        self.ids.next(self.clock.now())
    }
}
