//! The `ssl...` parameters: how connections are encrypted, and what is verified.
//!
//! The rules are libpq's (PostgreSQL's manual, 34.19 "SSL Support").

use std::path::{Path, PathBuf};

use tokio_postgres::config::SslMode;

use super::{connection_string::Parameters, settings::choice, targets::Target};

/// How connections are encrypted, and what is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TlsSettings {
    /// `sslmode`.
    pub(super) mode: Mode,
    /// Whom the server's certificate must come from; none: anyone.
    pub(super) roots: Option<Roots>,
    /// Our own certificate and its key.
    pub(super) identity: Option<(PathBuf, PathBuf)>,
    /// Whether TLS begins at once, without asking for it first.
    pub(super) direct: bool,
    /// Whether the server is told the name that it is called by.
    pub(super) sni: bool,
    /// The versions of TLS that are good enough.
    pub(super) versions: Versions,
}

/// Versions of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Versions {
    Both,
    Only1_2,
    Only1_3,
}

/// `sslmode`, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// Whom the server's certificate must come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Roots {
    /// The certificates in this file.
    File(PathBuf),
    /// Those that the machine trusts.
    System,
}

const MODES: [(&str, Mode); 6] = [
    ("disable", Mode::Disable),
    ("allow", Mode::Allow),
    ("prefer", Mode::Prefer),
    ("require", Mode::Require),
    ("verify-ca", Mode::VerifyCa),
    ("verify-full", Mode::VerifyFull),
];

impl TlsSettings {
    /// Takes its parameters out of `parameters`; files that are not named are looked for in `home`.
    ///
    /// # Errors
    /// A sentence.
    pub(super) fn take(parameters: &mut Parameters, home: Option<&Path>) -> Result<Self, String> {
        let given = choice(parameters, "sslmode", &MODES.map(|(name, _)| name))?;
        let given =
            given.and_then(|given| MODES.into_iter().find(|(name, _)| *name == given)).map(|(_, mode)| mode);
        // Java's way to say it.
        let required =
            (choice(parameters, "ssl", &["true", "false"])? == Some("true")).then_some(Mode::Require);
        let root = parameters.remove("sslrootcert");
        let system = root.as_deref() == Some("system");
        let mode = given.or(required).unwrap_or(if system { Mode::VerifyFull } else { Mode::Prefer });
        if system && mode != Mode::VerifyFull {
            return Err("DATABASE_URL: sslrootcert=system goes with sslmode=verify-full only: anyone can get a certificate \
                        of a public authority, so its name must be verified."
                .to_owned());
        }
        let direct = choice(parameters, "sslnegotiation", &["postgres", "direct"])? == Some("direct");
        if direct && mode < Mode::Require {
            return Err(
                "DATABASE_URL: sslnegotiation=direct needs sslmode=require, verify-ca or verify-full."
                    .to_owned(),
            );
        }
        let identity = identity(parameters, home)?;
        let roots = if system { Some(Roots::System) } else { roots(mode, root, home)? };
        let sni = choice(parameters, "sslsni", &["1", "0"])? != Some("0");
        // Compression is off everywhere since CRIME.
        choice(parameters, "sslcompression", &["0", "1"])?;
        let versions = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];
        let least = choice(parameters, "ssl_min_protocol_version", &versions)?;
        let most = choice(parameters, "ssl_max_protocol_version", &versions[2..])?;
        let versions = match (least, most) {
            (Some("TLSv1.3"), Some("TLSv1.2")) => {
                return Err(
                    "DATABASE_URL: ssl_min_protocol_version lies above ssl_max_protocol_version.".to_owned()
                );
            }
            (Some("TLSv1.3"), _) => Versions::Only1_3,
            (_, Some("TLSv1.2")) => Versions::Only1_2,
            _ => Versions::Both,
        };
        // `require` with a root certificate verifies like `verify-ca`: libpq's word to its older users.
        let mode = if mode == Mode::Require && roots.is_some() { Mode::VerifyCa } else { mode };
        Ok(Self { mode, roots, identity, direct, sni, versions })
    }

    /// The driver's modes to try on `target`, in this order.
    pub(super) fn tries(&self, target: &Target) -> &'static [SslMode] {
        match self.mode {
            // PostgreSQL has no TLS on unix sockets, and nobody listens in on them.
            _ if target.is_unix() => &[SslMode::Disable],
            Mode::Disable => &[SslMode::Disable],
            Mode::Allow => &[SslMode::Disable, SslMode::Require],
            Mode::Prefer => &[SslMode::Prefer, SslMode::Disable],
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => &[SslMode::Require],
        }
    }
}

fn roots(mode: Mode, given: Option<String>, home: Option<&Path>) -> Result<Option<Roots>, String> {
    let named = given.is_some();
    let file = given.map(PathBuf::from).or_else(|| home.map(|home| home.join(".postgresql/root.crt")));
    match file {
        _ if mode < Mode::Require => {
            if named && mode != Mode::Disable {
                tracing::warn!("sslrootcert is not used: nothing is verified without sslmode=verify-full or verify-ca");
            }
            Ok(None)
        }
        Some(file) if file.exists() => Ok(Some(Roots::File(file))),
        // A name that leads nowhere is a slip, and must not weaken `require` silently.
        Some(file) if named || mode > Mode::Require => Err(format!(
            "The root certificate file {} does not exist. Put the certificate of the authority there, name another with \
             sslrootcert in DATABASE_URL (sslrootcert=system trusts the machine's), or choose an sslmode that verifies nothing.",
            file.display()
        )),
        None if mode > Mode::Require => {
            Err("DATABASE_URL: this sslmode needs the certificate of an authority; name its file with sslrootcert.".to_owned())
        }
        _ => Ok(None),
    }
}

/// Our own certificate: named, or found where libpq finds it.
fn identity(parameters: &mut Parameters, home: Option<&Path>) -> Result<Option<(PathBuf, PathBuf)>, String> {
    let named = [parameters.remove("sslcert"), parameters.remove("sslkey")];
    let usual =
        ["postgresql.crt", "postgresql.key"].map(|name| home.map(|home| home.join(".postgresql").join(name)));
    let is_named = named.iter().any(Option::is_some);
    let [certificate, key] = named;
    let [usual_certificate, usual_key] = usual;
    match (certificate.map(PathBuf::from).or(usual_certificate), key.map(PathBuf::from).or(usual_key)) {
        (Some(certificate), Some(key)) if is_named || certificate.exists() => Ok(Some((certificate, key))),
        _ if is_named => Err("DATABASE_URL: sslcert and sslkey belong together.".to_owned()),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(pairs: &str, home: Option<&Path>) -> Result<TlsSettings, String> {
        let mut parameters = super::super::connection_string::take_apart(pairs).unwrap();
        let taken = TlsSettings::take(&mut parameters, home);
        assert!(taken.is_err() || parameters.is_empty(), "{parameters:?}");
        taken
    }

    #[test]
    fn sslmode_means_what_libpq_says() {
        let home = std::env::temp_dir().join(format!("ella-tls-settings-{}", std::process::id()));
        std::fs::create_dir_all(home.join(".postgresql")).unwrap();
        let root = home.join(".postgresql/root.crt");
        std::fs::write(&root, "").unwrap();
        let file = Some(Roots::File(root.clone()));
        for (pairs, home, expected) in [
            ("", None, (Mode::Prefer, None)),
            ("", Some(&*home), (Mode::Prefer, None)),
            ("sslmode=disable", None, (Mode::Disable, None)),
            ("sslmode=allow", None, (Mode::Allow, None)),
            ("sslmode=require", None, (Mode::Require, None)),
            ("sslmode=require", Some(&*home), (Mode::VerifyCa, file.clone())),
            ("sslmode=verify-ca", Some(&*home), (Mode::VerifyCa, file.clone())),
            ("sslmode=verify-full", Some(&*home), (Mode::VerifyFull, file.clone())),
            (
                &format!("sslmode=verify-full sslrootcert='{}'", root.display()),
                None,
                (Mode::VerifyFull, file),
            ),
            ("sslrootcert=system", None, (Mode::VerifyFull, Some(Roots::System))),
            ("ssl=true", None, (Mode::Require, None)),
        ] {
            let found = settings(pairs, home).unwrap();
            assert_eq!((found.mode, found.roots), expected, "{pairs}");
        }
        std::fs::remove_dir_all(&home).unwrap();
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (pairs, expected) in [
            ("sslmode=verify", "sslmode must be disable, allow, prefer, require, verify-ca or verify-full."),
            ("sslmode=verify-full", "name its file with sslrootcert"),
            ("sslmode=verify-ca sslrootcert=/nowhere", "/nowhere does not exist"),
            ("sslmode=require sslrootcert=/nowhere", "/nowhere does not exist"),
            ("sslmode=require sslrootcert=system", "goes with sslmode=verify-full only"),
            ("sslnegotiation=direct", "needs sslmode=require"),
            ("sslcert=/a", "belong together"),
            ("ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2", "lies above"),
        ] {
            let sentence = settings(pairs, None).unwrap_err();
            assert!(sentence.contains(expected), "{pairs}: {sentence}");
        }
    }
}
