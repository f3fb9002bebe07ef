//! Keeps a PostgreSQL of our own: finds it, makes its cluster, tunes it, starts it as our child, restarts it when it
//! dies and stops it cleanly. Backs it up, checks the backups, and brings it back.
//!
//! What holds in this crate:
//!
//! - It knows nothing of students, and no table: only the roles, the database and the schema that others fill.
//! - One program a data folder, by an operating-system lock that outlives every process of PostgreSQL.
//! - A cluster appears under its name only when it is complete, and is never made anew over data that were there.
//! - PostgreSQL dies with us, however we die, and listens on a private unix socket only.
//! - Every wait has a deadline, and every error is one sentence that says what to do.

mod backup;
mod postgres;

pub use backup::{
    ARCHIVE_SECONDS, Archiving, Backup, BackupError, BackupSettings, Backups, Continuity, Copy, Counts,
    Drill, Kind, Living, Meter, Progress, Questions, Recovered, Reserve, S3, Shipped, Side, Source, Space,
    Target, Verification, decode,
};
pub use postgres::{Anew, Postgres, Secret, Settings, StartError, Status, Timeouts, Version};
