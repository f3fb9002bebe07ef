//! Why a server did not let us in, as a sentence that says what to do. No password is in any of them.

use std::{error::Error as _, io};

use rustls::{AlertDescription, CertificateError};
use tokio_postgres::{
    Config, Error,
    error::{DbError, SqlState},
};

use super::{
    route::{Failure, is_tls},
    targets::Target,
    tls_settings::{Roots, TlsSettings},
};
use crate::database::explain;

/// Whether the server refused the `options` of the startup message: PgBouncer does.
pub(super) fn is_about_options(failure: &Failure) -> bool {
    let Failure::Refusal(error) = failure else { return false };
    error.as_db_error().is_some_and(|error| {
        *error.code() == SqlState::PROTOCOL_VIOLATION && error.message().contains("startup parameter")
    })
}

/// All that went wrong, in one or more sentences.
pub(super) fn sentences(failures: &[(Target, Failure)], template: &Config, tls: &TlsSettings) -> String {
    let each = failures.iter().map(|(target, failure)| sentence(target, failure, template, tls));
    let each = each.collect::<Vec<_>>().join(" ");
    if failures.len() > 1 {
        format!("None of the {} servers in DATABASE_URL can be used. {each}", failures.len())
    } else {
        each
    }
}

fn sentence(target: &Target, failure: &Failure, template: &Config, tls: &TlsSettings) -> String {
    let error = match failure {
        Failure::Silence(limit) => {
            return format!(
                "The database at {target} did not answer within {} s. Check the host and port in DATABASE_URL, and any \
                 firewall on the way.",
                limit.as_secs()
            );
        }
        Failure::Refusal(error) => error,
    };
    if let Some(database) = error.as_db_error() {
        return refusal(target, database, template);
    }
    if let Some(error) = tls_error(error) {
        return tls_refusal(target, error, tls);
    }
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    if is_tls(error) {
        return match cause.as_str() {
            "server does not support TLS" => format!(
                "The database at {target} does not offer TLS, which sslmode asks for. Switch it on there (ssl=on), or use \
                 sslmode=disable where the network is safe."
            ),
            _ => format!(
                "TLS with the database at {target} failed: {cause}. Check that PostgreSQL answers there."
            ),
        };
    }
    if cause == "password missing" {
        return format!("The database at {target} asks for a password, and DATABASE_URL has none. Add it.");
    }
    if let Some(error) = error.source().and_then(|cause| cause.downcast_ref::<io::Error>()) {
        return unreachable(target, error);
    }
    format!("The database at {target} cannot be used: {}. Check DATABASE_URL.", explain(error))
}

/// What PostgreSQL, or a pooler before it, answered.
fn refusal(target: &Target, error: &DbError, template: &Config) -> String {
    let said = format!("{} ({})", error.message().trim_end_matches('.'), error.code().code());
    let advice = match *error.code() {
        SqlState::INVALID_PASSWORD => "Check the user and the password in DATABASE_URL.".to_owned(),
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION if error.message().contains("no encryption") => {
            "Check the user, or use sslmode=require: the server may let this user in over TLS only."
                .to_owned()
        }
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION if error.message().contains("client certificate") => {
            "Name one with sslcert, and its key with sslkey, in DATABASE_URL.".to_owned()
        }
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            "Check the user in DATABASE_URL, and that pg_hba.conf on the server lets it in from this machine."
                .to_owned()
        }
        SqlState::INVALID_CATALOG_NAME => format!(
            "Create the database (`create database {}`), or correct its name in DATABASE_URL.",
            template.get_dbname().or(template.get_user()).unwrap_or("ella")
        ),
        SqlState::TOO_MANY_CONNECTIONS => {
            "Lower ELLA_DATABASE_POOL, or raise max_connections on the server.".to_owned()
        }
        SqlState::CANNOT_CONNECT_NOW | SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN => {
            "Try again in a moment.".to_owned()
        }
        _ => "Check DATABASE_URL.".to_owned(),
    };
    format!("The database at {target} refused the connection: {said}. {advice}")
}

fn tls_refusal(target: &Target, error: &rustls::Error, tls: &TlsSettings) -> String {
    let authority = match &tls.roots {
        Some(Roots::File(file)) => format!("an authority in {}", file.display()),
        Some(Roots::System) | None => "an authority that this machine trusts".to_owned(),
    };
    match error {
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => {
            format!(
                "The certificate of the database at {target} is not for the name {}. Use the name that it was made for, \
                 have it made for this one, or use sslmode=verify-ca to leave the name unverified.",
                target.host
            )
        }
        rustls::Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => {
            format!("The certificate of the database at {target} has expired. Renew it on the server.")
        }
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => {
            format!(
                "The certificate of the database at {target} is not valid yet. Check the clocks of both machines."
            )
        }
        // The cause differs with how far the search for an authority got, and helps nobody.
        rustls::Error::InvalidCertificate(_) => format!(
            "The certificate of the database at {target} is not trusted: it was not signed by {authority}. Put the \
             certificate of the authority that signed it into the file named by sslrootcert in DATABASE_URL."
        ),
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => format!(
            "The database at {target} asks for a client certificate. Name it with sslcert and its key with sslkey in DATABASE_URL."
        ),
        other => format!(
            "TLS with the database at {target} failed: {other}. Check its certificate and the sslmode in DATABASE_URL."
        ),
    }
}

fn unreachable(target: &Target, error: &io::Error) -> String {
    let advice = match error.kind() {
        // The driver's own word for a server that is not what target_session_attrs asks for.
        io::ErrorKind::PermissionDenied if error.get_ref().is_some() => {
            return format!(
                "The database at {target} is a standby or read-only ({error}). Connect to the primary."
            );
        }
        io::ErrorKind::PermissionDenied => {
            "This user may not use the socket; check its folder's permissions."
        }
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => {
            "Check that PostgreSQL runs there and listens at this address."
        }
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
            "It hung up: check that this is PostgreSQL's port, and its log."
        }
        _ if error.to_string().contains("lookup") => {
            "Check the host's name in DATABASE_URL, and the name service."
        }
        _ => "Check the host and port in DATABASE_URL, and any firewall on the way.",
    };
    format!("The database at {target} cannot be reached: {error}. {advice}")
}

/// The error of TLS itself inside the driver's.
fn tls_error(error: &Error) -> Option<&rustls::Error> {
    let cause = error.source()?.downcast_ref::<io::Error>()?;
    cause.get_ref()?.downcast_ref()
}
