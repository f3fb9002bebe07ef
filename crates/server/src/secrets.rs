//! One key to keep, and everything that derives from it.
//!
//! The recovery key is made once and lies in the data folder; the keys for tokens, the admin, device hashes, cursors,
//! the database's application role and backups derive from it by HKDF-SHA-256 (RFC 5869), each under a name of its
//! own. Settings that name a secret explicitly win.

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use aws_lc_rs::{digest, hkdf, hmac};

use crate::config::Config;

/// The recovery key and what derives from it.
pub struct Secrets {
    extract: hkdf::Prk,
    fingerprint: String,
    explicit_admin_key: Option<String>,
    /// The secret that signs students' tokens.
    pub token_secret: Vec<u8>,
    /// Earlier secrets whose tokens are still good.
    pub previous_token_secrets: Vec<Vec<u8>>,
}

/// Where the recovery key of this run came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was set.
    Setting,
    /// It was read from the data folder.
    Kept,
    /// It was made just now, and should be kept elsewhere too.
    Made,
}

/// The recovery key's file in the data folder.
pub const RECOVERY_KEY_FILE: &str = "recovery.key";
/// The admin key's file in the data folder, for the person who runs the server.
pub const ADMIN_KEY_FILE: &str = "admin.key";

impl Secrets {
    /// The secrets that derive from `recovery_key`, with those that are set explicitly in their place.
    #[must_use]
    pub fn new(recovery_key: &str, config: &Config) -> Self {
        let extract = hkdf::Salt::new(hkdf::HKDF_SHA256, b"ella").extract(recovery_key.trim().as_bytes());
        let fingerprint =
            hex(digest::digest(&digest::SHA256, &derive(&extract, "fingerprint")).as_ref())[..16].to_owned();
        let token_secret = match &config.jwt_secret {
            Some(secret) => secret.as_bytes().to_vec(),
            None => derive(&extract, "token").to_vec(),
        };
        let mut previous_token_secrets: Vec<Vec<u8>> =
            config.jwt_previous_secrets.iter().map(|secret| secret.as_bytes().to_vec()).collect();
        if config.jwt_secret.is_some() {
            // Who sets a secret for the first time does not sign everybody out.
            previous_token_secrets.push(derive(&extract, "token").to_vec());
        }
        Self {
            extract,
            fingerprint,
            explicit_admin_key: config.admin_key.clone(),
            token_secret,
            previous_token_secrets,
        }
    }

    /// The key for `/admin`.
    #[must_use]
    pub fn admin_key(&self) -> String {
        self.explicit_admin_key.clone().unwrap_or_else(|| hex(&derive(&self.extract, "admin")))
    }

    /// The password of the application's role in the managed database.
    #[must_use]
    pub fn database_password(&self) -> String {
        hex(&derive(&self.extract, "database"))
    }

    /// The key that backups are encrypted with.
    #[must_use]
    pub fn backup_key(&self) -> String {
        hex(&derive(&self.extract, "backup"))
    }

    /// The key that cursors are sealed with.
    #[must_use]
    pub fn cursor_key(&self) -> [u8; 32] {
        derive(&self.extract, "cursor")
    }

    /// The key that device ids and device secrets are hashed with.
    #[must_use]
    pub fn device_key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &derive(&self.extract, "device"))
    }

    /// What the database remembers of the recovery key, so that another one is refused: 16 hexadecimal digits that say
    /// nothing about the key itself.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

fn derive(extract: &hkdf::Prk, name: &str) -> [u8; 32] {
    let mut key = [0; 32];
    // Asking for as many bytes as the hash has cannot fail; an unfilled key would still be refused by nobody, so it
    // is made of the name's hash, which differs from every real key.
    if extract.expand(&[name.as_bytes()], hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut key)).is_err() {
        key.copy_from_slice(digest::digest(&digest::SHA256, name.as_bytes()).as_ref());
    }
    key
}

/// The recovery key: the one that is set, the one that lies in the data folder, or a new one, which is put there.
///
/// # Errors
/// A sentence that says which file cannot be read or written, and what to do.
pub fn recovery_key(config: &Config, data_dir: &Path) -> Result<(String, Origin), String> {
    if let Some(key) = &config.recovery_key {
        return Ok((key.clone(), Origin::Setting));
    }
    let path = data_dir.join(RECOVERY_KEY_FILE);
    if let Some(key) = kept_key(&path)? {
        return Ok((key, Origin::Kept));
    }
    if has_a_database(config, data_dir) {
        return Err(format!(
            "The recovery key is missing: {} is not there, and the database beside it was made with it. Put it back \
             from where you keep a copy, or set it as ELLA_RECOVERY_KEY. Nothing was changed.",
            path.display()
        ));
    }
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random)
        .map_err(|_| "The machine has no randomness to make a key of.".to_owned())?;
    let key = hex(&random);
    let made = write_aside(&path, &key).and_then(|aside| {
        // Unlike a rename this never replaces a key: of two programs that start at once, one makes it.
        let linked = fs::hard_link(&aside, &path);
        fs::remove_file(&aside)?;
        linked
    });
    match made {
        Ok(()) => Ok((key, Origin::Made)),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => match kept_key(&path)? {
            Some(key) => Ok((key, Origin::Kept)),
            None => Err(cannot_write(&path, &error)),
        },
        Err(error) => Err(cannot_write(&path, &error)),
    }
}

/// Whether our own database, or a backup of it, lies in the data folder: a new key would open neither.
fn has_a_database(config: &Config, data_dir: &Path) -> bool {
    let ours = ["postgres/PG_VERSION", "backups/repository/backup"];
    config.external_database().is_none() && ours.iter().any(|file| data_dir.join(file).exists())
}

/// The recovery key that is set or kept, for those who must not make one.
///
/// # Errors
/// A sentence: there is none, or it cannot be read.
pub fn existing_recovery_key(config: &Config, data_dir: &Path) -> Result<String, String> {
    if let Some(key) = &config.recovery_key {
        return Ok(key.clone());
    }
    let path = data_dir.join(RECOVERY_KEY_FILE);
    kept_key(&path)?.ok_or_else(|| {
        format!(
            "The recovery key is needed, and it is not in {}. Set it as ELLA_RECOVERY_KEY; nothing can be read from \
             a backup without it.",
            path.display()
        )
    })
}

/// The recovery key that lies in the data folder, if one does.
pub(crate) fn kept_key(path: &Path) -> Result<Option<String>, String> {
    match fs::read_to_string(path) {
        Ok(key) if key.trim().len() >= 32 => Ok(Some(key.trim().to_owned())),
        Ok(_) => Err(format!(
            "{} holds no key. Put the recovery key back that you kept elsewhere, or set ELLA_RECOVERY_KEY.",
            path.display()
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!(
            "Cannot read {}: {error}. Run this as the user who runs the server, or set ELLA_RECOVERY_KEY.",
            path.display()
        )),
    }
}

/// Writes a secret into a file that only its owner can read, whole or not at all.
///
/// # Errors
/// A sentence that names the file.
pub fn write_private(path: &Path, secret: &str) -> Result<(), String> {
    let written = write_aside(path, secret).and_then(|aside| fs::rename(aside, path));
    written.map_err(|error| cannot_write(path, &error))
}

/// Writes a secret into a file of this process beside `path`.
fn write_aside(path: &Path, secret: &str) -> std::io::Result<PathBuf> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let aside = path.with_extension(format!("{}.new", std::process::id()));
    let _ = fs::remove_file(&aside);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
    writeln!(file, "{secret}")?;
    file.sync_all()?;
    Ok(aside)
}

fn cannot_write(path: &Path, error: &std::io::Error) -> String {
    format!(
        "Cannot write {}: {error}. Make its folder writable, or choose another with ELLA_DATA_DIR.",
        path.display()
    )
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
