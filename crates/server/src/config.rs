//! Settings: one name each, as an environment variable and as a flag, read here and nowhere else.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, FromArgMatches, ValueEnum};
use ella_keeper::Reserve;
use ella_llm::ModelKey;
use ipnet::IpNet;

use crate::{admin::Price, backups::QuietHours};

/// Everything that can be set. Bad values are refused at start, by name.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Settings")]
pub struct Config {
    /// Address of the API and the pages; port 0 takes a free one.
    #[arg(long, env = "ELLA_LISTEN", default_value = "127.0.0.1:8000", value_parser = address, global = true)]
    pub listen: SocketAddr,
    /// Address of the Prometheus metrics, or "off".
    #[arg(long, env = "ELLA_METRICS_LISTEN", default_value = "127.0.0.1:9464", value_parser = address_or_off, global = true)]
    pub metrics_listen: OptionalAddress,
    /// Folder for the managed PostgreSQL, its backups and the secrets that were made
    /// [default: /var/lib/ella as root, else ella in the XDG data folder].
    #[arg(long, env = "ELLA_DATA_DIR", global = true)]
    pub data_dir: Option<PathBuf>,
    /// An external PostgreSQL, as a URL or as key=value pairs. Without it Ella runs her own.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub database_url: Option<String>,
    /// Database connections at most (1 to 1000).
    #[arg(long, env = "ELLA_DATABASE_POOL", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000), global = true)]
    pub database_pool: u16,
    /// Folder of the PostgreSQL programs for the managed database [default: the newest that is found].
    #[arg(long, env = "ELLA_POSTGRES_BIN", global = true)]
    pub postgres_bin: Option<PathBuf>,
    /// The one key from which all other secrets derive [default: made once, in the data folder].
    #[arg(long, env = "ELLA_RECOVERY_KEY", hide_env_values = true, value_parser = long_secret, global = true)]
    pub recovery_key: Option<String>,
    /// The key for /admin, at least 32 characters [default: derived].
    #[arg(long, env = "ELLA_ADMIN_KEY", hide_env_values = true, value_parser = long_secret, global = true)]
    pub admin_key: Option<String>,
    /// The secret that signs students' tokens, at least 32 characters [default: derived].
    #[arg(long, env = "ELLA_JWT_SECRET", hide_env_values = true, value_parser = long_secret, global = true)]
    pub jwt_secret: Option<String>,
    /// Earlier secrets whose tokens are still good, with commas between.
    #[arg(long, env = "ELLA_JWT_PREVIOUS_SECRETS", hide_env_values = true, value_parser = long_secret, value_delimiter = ',', global = true)]
    pub jwt_previous_secrets: Vec<String>,
    /// Days that a student's token lives (1 to 3650).
    #[arg(long, env = "ELLA_TOKEN_DAYS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=3650), global = true)]
    pub token_days: u16,
    /// Networks whose X-Forwarded-For is believed, with commas between, such as 127.0.0.1/32.
    #[arg(long, env = "ELLA_TRUSTED_PROXIES", value_parser = network, value_delimiter = ',', global = true)]
    pub trusted_proxies: Vec<IpNet>,
    /// Origins that browsers may call from (CORS), with commas between, such as <https://app.example>.
    #[arg(long, env = "ELLA_CORS_ORIGINS", value_parser = origin, value_delimiter = ',', global = true)]
    pub cors_origins: Vec<String>,
    /// Sign-ins a minute and client address, after a burst of twice as many; 0 switches the limit off.
    #[arg(long, env = "ELLA_SIGN_INS_PER_MINUTE", default_value_t = 60, global = true)]
    pub sign_ins_per_minute: u32,
    /// Seconds after which a request is given up (1 to 600). The tutor has deadlines of its own.
    #[arg(long, env = "ELLA_REQUEST_SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=600), global = true)]
    pub request_seconds: u16,
    /// Seconds that requests in flight may take to end at shutdown (0 to 600).
    #[arg(long, env = "ELLA_SHUTDOWN_SECONDS", default_value_t = 25, value_parser = clap::value_parser!(u16).range(0..=600), global = true)]
    pub shutdown_seconds: u16,
    /// Language models in order of preference, as kind:model or kind:model@base-address, with commas between; kinds
    /// are gemini and openai (also for anything compatible) [default: the built-in voice].
    #[arg(long, env = "ELLA_LLM", global = true)]
    pub llm: Option<String>,
    /// The key for Gemini.
    #[arg(long, env = "GEMINI_API_KEY", hide_env_values = true, global = true)]
    pub gemini_api_key: Option<String>,
    /// The key for OpenAI.
    #[arg(long, env = "OPENAI_API_KEY", hide_env_values = true, global = true)]
    pub openai_api_key: Option<String>,
    /// Keys of models that have one of their own, before those two, as model=key with commas between; model= sends none.
    #[arg(long, env = "ELLA_LLM_KEYS", hide_env_values = true, value_delimiter = ',', global = true)]
    pub llm_keys: Vec<ModelKey>,
    /// Milliseconds from a request's arrival to the end of a JSON turn, our own writes included (100 to 60000).
    #[arg(long, env = "ELLA_TURN_BUDGET_MS", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(100..=60000), global = true)]
    pub turn_budget_ms: u32,
    /// Milliseconds from a request's arrival to Zoe's first sentence (100 to 60000) [default: as `ELLA_TURN_BUDGET_MS`].
    #[arg(long, env = "ELLA_FIRST_SENTENCE_MS", value_parser = clap::value_parser!(u32).range(100..=60000), global = true)]
    pub first_sentence_ms: Option<u32>,
    /// Milliseconds of silence after which the next model is asked as well (50 to 60000)
    /// [default: 800, then the model's observed 90th percentile].
    #[arg(long, env = "ELLA_HEDGE_MS", value_parser = clap::value_parser!(u32).range(50..=60000), global = true)]
    pub hedge_ms: Option<u32>,
    /// Calls to language models at once; past it the built-in voice answers (1 to 1000000). Over HTTP/1.1 each takes a
    /// connection, and there are no more than the limit of open files allows.
    #[arg(long, env = "ELLA_LLM_IN_FLIGHT", default_value_t = 12000, value_parser = clap::value_parser!(u32).range(1..=1_000_000), global = true)]
    pub llm_in_flight: u32,
    /// Tokens that a student may use a day, over everything that asks a language model; past it the built-in voice
    /// answers until midnight UTC. 0 for no limit.
    #[arg(long, env = "ELLA_STUDENT_TOKENS_PER_DAY", default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(..=1_000_000_000_000), global = true)]
    pub student_tokens_per_day: u64,
    /// The same for all students together. 0 for no limit.
    #[arg(long, env = "ELLA_TOKENS_PER_DAY", default_value_t = 50_000_000, value_parser = clap::value_parser!(u64).range(..=1_000_000_000_000), global = true)]
    pub tokens_per_day: u64,
    /// Prices for the dashboard's estimate, before those of the program's own table: model=prompt/completion in US
    /// dollars per million tokens, with commas between, such as gpt-4.1-mini=0.40/1.60.
    #[arg(long, env = "ELLA_PRICES", value_parser = price, value_delimiter = ',', global = true)]
    pub prices: Vec<Price>,
    /// Continuous backups of the managed database, with pgBackRest.
    #[arg(long, env = "ELLA_BACKUPS", default_value = "on", global = true)]
    pub backups: Switch,
    /// A second place for backups, off the machine, as in <s3://bucket/prefix?endpoint=...&region=...&ca_file=...>; the
    /// keys come from the usual variables of AWS, or from the machine's own role
    /// [default: none, backups stay on this machine].
    #[arg(long, env = "ELLA_BACKUP_S3", value_parser = bucket, global = true)]
    pub backup_s3: Option<String>,
    /// Seconds after which what was written is given to the archive (1 to 3600). As much work can be lost with the machine,
    /// and up to 15 more.
    #[arg(long, env = "ELLA_ARCHIVE_SECONDS", default_value_t = ella_keeper::ARCHIVE_SECONDS, value_parser = clap::value_parser!(u32).range(1..=3600), global = true)]
    pub archive_seconds: u32,
    /// Minutes from one backup to the next, when something was written (1 to 10080).
    #[arg(long, env = "ELLA_BACKUP_MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10080), global = true)]
    pub backup_minutes: u32,
    /// Hours from one full backup to the next, seven times as many for a database that is not small (1 to 744).
    #[arg(long, env = "ELLA_BACKUP_FULL_HOURS", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=744), global = true)]
    pub backup_full_hours: u32,
    /// GiB up to which a database is small (0 to 100000).
    #[arg(long, env = "ELLA_BACKUP_SMALL_GIB", default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=100_000), global = true)]
    pub backup_small_gib: u32,
    /// Days that a restore can go back (1 to 3650).
    #[arg(long, env = "ELLA_BACKUP_KEEP_DAYS", default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=3650), global = true)]
    pub backup_keep_days: u32,
    /// Hours from one verification of every file in the backups to the next; 0 for none (0 to 8760).
    #[arg(long, env = "ELLA_BACKUP_VERIFY_HOURS", default_value_t = 24, value_parser = clap::value_parser!(u32).range(0..=8760), global = true)]
    pub backup_verify_hours: u32,
    /// Hours from one restore drill to the next; 0 for none (0 to 8760).
    #[arg(long, env = "ELLA_BACKUP_DRILL_HOURS", default_value_t = 168, value_parser = clap::value_parser!(u32).range(0..=8760), global = true)]
    pub backup_drill_hours: u32,
    /// Full hours of the day (UTC) in which every page of the managed database is looked at, as in 2-5 or 22-4, or "off".
    #[arg(long, env = "ELLA_QUIET_HOURS", default_value = "2-5", value_parser = quiet_hours, global = true)]
    pub quiet_hours: QuietHours,
    /// Free hundredths of the data folder's disk below which nothing new is stored and only reads go on (0 to 99)
    /// [default: 10, but no more than 2 GiB].
    #[arg(long, env = "ELLA_DISK_FREE_PERCENT", value_parser = clap::value_parser!(u8).range(0..=99), global = true)]
    pub disk_free_percent: Option<u8>,
    /// What to log: off, error, warn, info, debug or trace, or a tracing filter such as info,ella=debug.
    #[arg(long, env = "ELLA_LOG", default_value = "info", value_parser = log_filter, global = true)]
    pub log: String,
    /// How to log.
    #[arg(long, env = "ELLA_LOG_FORM", default_value = "auto", global = true)]
    pub log_form: LogForm,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It is done.
    On,
    /// It is not.
    Off,
}

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogForm {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// An address, or none because it was switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionalAddress(pub Option<SocketAddr>);

impl Config {
    /// The settings that flags and the environment give.
    ///
    /// # Errors
    /// Which setting is bad, and what is allowed.
    pub fn from_flags<I: IntoIterator<Item = S>, S: Into<std::ffi::OsString> + Clone>(
        flags: I,
    ) -> Result<Self, clap::Error> {
        let command = Self::augment_args(clap::Command::new("ella").no_binary_name(true));
        Self::from_arg_matches(&command.try_get_matches_from(flags)?)
    }

    /// The data folder: the one that is set, or the usual one of whoever runs the program.
    ///
    /// # Errors
    /// A sentence, when nobody's home can be found.
    pub fn data_dir(&self) -> Result<PathBuf, String> {
        if let Some(folder) = &self.data_dir {
            return std::path::absolute(folder)
                .map_err(|error| format!("ELLA_DATA_DIR {}: {error}", folder.display()));
        }
        if rustix::process::geteuid().is_root() {
            return Ok("/var/lib/ella".into());
        }
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        set("XDG_DATA_HOME")
            .filter(|folder| folder.is_absolute())
            .or_else(|| set("HOME").map(|home| home.join(".local/share")))
            .map(|folder| folder.join("ella"))
            .ok_or_else(|| {
                "Neither HOME nor XDG_DATA_HOME is set; say with ELLA_DATA_DIR where to keep the data."
                    .to_owned()
            })
    }

    /// The external database, if one is set.
    #[must_use]
    pub fn external_database(&self) -> Option<&str> {
        self.database_url.as_deref().map(str::trim).filter(|url| !url.is_empty())
    }

    /// How long a request may take.
    #[must_use]
    pub fn request_deadline(&self) -> Duration {
        Duration::from_secs(self.request_seconds.into())
    }

    /// How much of the data folder's disk is kept free.
    #[must_use]
    pub fn disk_reserve(&self) -> Reserve {
        let set = self.disk_free_percent.map(|percent| Reserve { percent, most_bytes: u64::MAX });
        set.unwrap_or_default()
    }

    /// How long requests in flight may take to end at shutdown.
    #[must_use]
    pub fn shutdown_grace(&self) -> Duration {
        Duration::from_secs(self.shutdown_seconds.into())
    }
}

/// What is wrong with a setting's value, and what is allowed, in one line; none when the error is about something else.
/// The value of a secret is left out, because this line ends up in logs.
#[must_use]
pub fn bad_value(error: &clap::Error) -> Option<String> {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    if !matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue) {
        return None;
    }
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let flag = text(ContextKind::InvalidArg)?.split([' ', '=']).next()?.trim_start_matches("--");
    let command = Config::augment_args(clap::Command::new("ella"));
    let setting = command.get_arguments().find(|setting| setting.get_long() == Some(flag))?;
    let name = setting.get_env()?.to_str()?;
    let value = text(ContextKind::InvalidValue).filter(|_| !setting.is_hide_env_values_set());
    let value = value.map_or_else(|| "used".to_owned(), |value| format!("{value:?}"));
    let why = match (error.get(ContextKind::ValidValue), std::error::Error::source(error)) {
        (_, Some(why)) if why.is::<std::num::ParseIntError>() => "it must be a whole number".to_owned(),
        (_, Some(why)) => why.to_string(),
        (Some(ContextValue::Strings(allowed)), None) if !allowed.is_empty() => {
            format!("must be one of {}", allowed.join(", "))
        }
        _ => "a value is needed".to_owned(),
    };
    let meaning = setting.get_help().map(ToString::to_string).unwrap_or_default();
    let why = why.trim_end_matches('.');
    Some(format!("{name} (--{flag}) cannot be {value}: {why}. It means: {meaning}."))
}

/// A variable that is set to nothing is not set: that is how files of variables leave one out.
#[must_use]
pub fn without_empty_variables(setting: clap::Arg) -> clap::Arg {
    let is_empty = setting.get_env().and_then(std::env::var_os).is_some_and(|value| value.is_empty());
    if is_empty { setting.env(None::<&str>) } else { setting }
}

/// Prints every setting with its effective value and where it came from; secrets are masked.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
pub fn print(matches: &clap::ArgMatches, config: &Config) {
    use clap::parser::ValueSource;
    let command = Config::augment_args(clap::Command::new("ella"));
    for argument in command.get_arguments() {
        let (Some(name), id) =
            (argument.get_env().and_then(|name| name.to_str()), argument.get_id().as_str())
        else {
            continue;
        };
        let values: Vec<String> = matches
            .get_raw(id)
            .map(|values| values.map(|value| value.to_string_lossy().into_owned()).collect())
            .unwrap_or_default();
        let value = values.join(",");
        let source = match matches.value_source(id) {
            Some(ValueSource::CommandLine) => "flag",
            Some(ValueSource::EnvVariable) => "environment",
            Some(ValueSource::DefaultValue) => "default",
            _ => "not set",
        };
        let (value, source) = match config.default_of(id).filter(|_| value.is_empty()) {
            Some(default) => (default, "default"),
            None => (value, source),
        };
        let shown = if value.is_empty() {
            "-".to_owned()
        } else if argument.is_hide_env_values_set() {
            mask(&value)
        } else {
            without_passwords(&value)
        };
        println!("{name:<28} {shown:<40} ({source})");
    }
}

impl Config {
    /// The defaults that depend on other settings or on the machine.
    fn default_of(&self, id: &str) -> Option<String> {
        match id {
            "data_dir" => self.data_dir().ok().map(|folder| folder.display().to_string()),
            "first_sentence_ms" => Some(self.turn_budget_ms.to_string()),
            "hedge_ms" => Some("800 at first, then as observed".to_owned()),
            "disk_free_percent" => Some(format!(
                "{}, but at most {} GiB",
                Reserve::default().percent,
                Reserve::default().most_bytes >> 30
            )),
            _ => None,
        }
    }
}

/// A value in which nobody's password is shown: addresses may have one before their `@`.
fn without_passwords(value: &str) -> String {
    let mut shown = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("://") {
        shown.push_str(before);
        shown.push_str("://");
        let end = after.find(['/', ',', '?']).unwrap_or(after.len());
        let (host, further) = after.split_at(end);
        match host.rsplit_once('@') {
            Some((_, host)) => {
                shown.push_str("****@");
                shown.push_str(host);
            }
            None => shown.push_str(host),
        }
        rest = further;
    }
    shown.push_str(rest);
    shown
}

/// What may be shown of a secret: that there is one.
fn mask(secret: &str) -> String {
    format!("**** ({} characters)", secret.chars().count())
}

fn long_secret(text: &str) -> Result<String, String> {
    if text.chars().count() < 32 {
        return Err("must have at least 32 characters; `openssl rand -hex 32` makes a good one".to_owned());
    }
    Ok(text.to_owned())
}

fn bucket(text: &str) -> Result<String, String> {
    // Keys are looked for when they are used.
    ella_keeper::S3::parse(text, |_| None).map(|_| text.to_owned()).map_err(|error| match error {
        // Whoever hears this is told the setting's name anyway.
        ella_keeper::BackupError::Setting { because, .. } => because,
        other => other.to_string(),
    })
}

fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    text.parse::<IpNet>()
        .or_else(|error| text.parse::<std::net::IpAddr>().map(IpNet::from).map_err(|_| error))
        .map_err(|_| "must be a network such as 10.0.0.0/8 or an address".to_owned())
}

fn origin(text: &str) -> Result<String, String> {
    let text = text.trim();
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(host) if !host.is_empty() && !host.contains(['/', ' ', '*']) => Ok(text.to_owned()),
        _ => Err("must be an origin such as https://app.example, without a path".to_owned()),
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "must be an address such as 127.0.0.1:8000".to_owned())
}

fn address_or_off(text: &str) -> Result<OptionalAddress, String> {
    if text.eq_ignore_ascii_case("off") {
        return Ok(OptionalAddress(None));
    }
    text.parse()
        .map(|address| OptionalAddress(Some(address)))
        .map_err(|_| "must be an address such as 127.0.0.1:9464, or off".to_owned())
}

fn quiet_hours(text: &str) -> Result<QuietHours, String> {
    text.parse()
}

fn price(text: &str) -> Result<Price, String> {
    text.parse()
}

fn log_filter(text: &str) -> Result<String, String> {
    tracing_subscriber::EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|_| {
        "must be off, error, warn, info, debug or trace, or a filter such as info,ella=debug".to_owned()
    })
}
