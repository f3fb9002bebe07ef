use std::{fmt, path::PathBuf, time::Duration};

use super::StartError;

/// Everything the keeper needs to know; [`Settings::new`] gives a sane default for each.
#[derive(Debug, Clone)]
pub struct Settings {
    /// ella's data folder. The cluster lies in its subfolder `postgres`, the lock in `ella.lock`.
    pub data_dir: PathBuf,
    /// The folder of `postgres` and `initdb`. `None`: the newest suitable one on this machine.
    pub bin_dir: Option<PathBuf>,
    /// Memory to tune for, in bytes. `None`: the control group's limit, or the machine's memory.
    pub memory_bytes: Option<u64>,
    /// The database, and the schema of the same name in it. Default: `ella`.
    pub database: String,
    /// Owns the database and its schema, and cannot log in. Default: `ella_owner`.
    pub owner_role: String,
    /// The application's role: may connect and use the schema, and owns nothing. Default: `ella_app`.
    pub app_role: String,
    /// The password of the application's role; the server keeps only a SCRAM verifier of it.
    pub app_password: Secret,
    /// Connections that the application's pool may open; the server allows these and a reserve, at least 40.
    pub app_connections: u32,
    /// Server settings of the application's role, by name; its `search_path` is the schema unless it is given here.
    pub app_role_settings: Vec<(String, String)>,
    /// Further settings of the server, by name: on its command line, where no configuration file can change them.
    pub parameters: Vec<(String, String)>,
    /// `false` trades safety for speed, for clusters that are thrown away: no fsync at all. Default: `true`.
    pub durable: bool,
    /// Whether others' work goes first: for a copy beside a database that serves. Default: `false`.
    pub low_priority: bool,
    /// How long the keeper waits for what.
    pub timeouts: Timeouts,
}

impl Settings {
    /// The defaults for a data folder and the password of the application's role.
    pub fn new(data_dir: impl Into<PathBuf>, app_password: impl Into<Secret>) -> Self {
        Self {
            data_dir: data_dir.into(),
            bin_dir: None,
            memory_bytes: None,
            database: "ella".into(),
            owner_role: "ella_owner".into(),
            app_role: "ella_app".into(),
            app_password: app_password.into(),
            app_connections: 10,
            app_role_settings: [
                ("statement_timeout", "5s"),
                ("lock_timeout", "2s"),
                ("idle_in_transaction_session_timeout", "10s"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
            parameters: Vec::new(),
            durable: true,
            low_priority: false,
            timeouts: Timeouts::default(),
        }
    }

    /// Names become parts of SQL statements and of `pg_hba.conf`, whose quoting differs: only plain ones are let in.
    pub(super) fn check(&self) -> Result<(), StartError> {
        let names =
            [("database", &self.database), ("owner_role", &self.owner_role), ("app_role", &self.app_role)];
        for (setting, value) in names {
            // The last two mean something else to pg_hba.conf and to PostgreSQL itself.
            if !is_plain_name(value) || ["all", "postgres"].contains(&value.as_str()) {
                return Err(StartError::setting(
                    setting,
                    format!("{value:?} is not a plain name: use a-z, 0-9 and _, at most 63 of them"),
                ));
            }
        }
        if self.owner_role == self.app_role {
            let because = format!("{:?} is also the owner's role: the two must differ", self.app_role);
            return Err(StartError::setting("app_role", because));
        }
        if self.app_password.expose().is_empty() {
            return Err(StartError::setting("app_password", "it is empty".into()));
        }
        for (name, value) in &self.app_role_settings {
            if !name.split('.').all(is_plain_name) {
                return Err(StartError::setting(
                    "app_role_settings",
                    format!("{name:?} is no setting's name"),
                ));
            }
            if value.contains('\0') {
                return Err(StartError::setting("app_role_settings", format!("{name} holds a zero byte")));
            }
        }
        Ok(())
    }
}

fn is_plain_name(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// How long the keeper waits for what. The defaults suit a slow disk.
#[derive(Debug, Clone)]
pub struct Timeouts {
    /// Making a new cluster. Default: 2 minutes.
    pub initdb: Duration,
    /// From the start of the process to its first answer. Default: 1 minute.
    pub ready: Duration,
    /// The same while the server says that it is recovering from a crash. Default: 10 minutes.
    pub recovery: Duration,
    /// Checking or making roles, database and schema. Default: 30 seconds.
    pub roles: Duration,
    /// How long a PostgreSQL left over from an earlier run may take to end by itself. Default: 5 seconds.
    pub orphan: Duration,
    /// A clean stop; after it, an immediate one, which costs a recovery at the next start. Default: 30 seconds.
    pub stop: Duration,
}

impl Timeouts {
    /// The longest that a stop takes: the clean one, and then an immediate one.
    #[must_use]
    pub fn longest_stop(&self) -> Duration {
        self.stop + super::child::IMMEDIATE_STOP
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            initdb: Duration::from_mins(2),
            ready: Duration::from_mins(1),
            recovery: Duration::from_mins(10),
            roles: Duration::from_secs(30),
            orphan: Duration::from_secs(5),
            stop: Duration::from_secs(30),
        }
    }
}

/// Text that must not reach a log.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn a_password_is_never_printed() {
        let printed = format!("{:?}", Settings::new("/data", "hunter2"));
        assert!(!printed.contains("hunter2"), "{printed}");
    }

    #[test]
    fn only_plain_names_are_let_in() {
        let good = Settings::new("/data", "secret");
        good.check().unwrap();
        for name in ["", "Ella", "el la", "ella\"", "1ella", "all", "postgres", &"e".repeat(64)] {
            let bad = Settings { database: name.into(), ..good.clone() };
            let sentence = bad.check().unwrap_err().to_string();
            assert!(sentence.contains("database"), "{sentence}");
        }
        let bad = Settings { app_role: "ella_owner".into(), ..good.clone() };
        assert!(bad.check().unwrap_err().to_string().contains("must differ"));
        let bad = Settings { app_role_settings: vec![("x; drop".into(), "1".into())], ..good.clone() };
        assert!(bad.check().is_err());
        assert!(Settings { app_password: "".into(), ..good }.check().is_err());
    }
}
