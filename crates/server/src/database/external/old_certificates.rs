//! Certificates as PostgreSQL's manual tells people to make them (18.9.5), which libpq takes and the web's rules refuse:
//! self-signed ones that serve as their own authority, X.509 version 1, and those with a common name only.

use std::net::IpAddr;

use rustls::pki_types::{
    CertificateDer, ServerName, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, UnixTime,
};
use x509_cert::{
    Certificate, Version,
    der::{Decode, Encode, Tag, Tagged, oid::db::rfc4519::COMMON_NAME},
    ext::pkix::{SubjectAltName, name::GeneralName},
};

/// Whether the certificate is one of `trusted` itself and self-signed, or of version 1 and signed by one of them.
pub(super) fn is_trusted(
    certificate: &CertificateDer<'_>,
    trusted: &[CertificateDer<'_>],
    now: UnixTime,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
) -> bool {
    let Ok(parsed) = Certificate::from_der(certificate) else { return false };
    let fields = &parsed.tbs_certificate;
    if !is_current(&parsed, now) {
        return false;
    }
    if fields.issuer == fields.subject && trusted.iter().any(|trusted| trusted == certificate) {
        return true;
    }
    fields.version == Version::V1
        && trusted.iter().filter_map(|authority| Certificate::from_der(authority).ok()).any(|authority| {
            authority.tbs_certificate.subject == fields.issuer
                && is_current(&authority, now)
                && is_signed_by(&parsed, &authority, algorithms)
        })
}

fn is_current(certificate: &Certificate, now: UnixTime) -> bool {
    let validity = &certificate.tbs_certificate.validity;
    let seconds = now.as_secs();
    validity.not_before.to_unix_duration().as_secs() <= seconds
        && seconds <= validity.not_after.to_unix_duration().as_secs()
}

fn is_signed_by(
    certificate: &Certificate,
    authority: &Certificate,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
) -> bool {
    let key = authority.tbs_certificate.subject_public_key_info.subject_public_key.raw_bytes();
    let Ok(message) = certificate.tbs_certificate.to_der() else { return false };
    // A signature that any of the algorithms accepts under this key is good: none of them takes another's keys.
    algorithms
        .iter()
        .any(|algorithm| algorithm.verify_signature(key, &message, certificate.signature.raw_bytes()).is_ok())
}

/// Whether the certificate is for `server_name` by libpq's rules: an alternative name fits, or, if it has none of the
/// same kind, its common name does.
pub(super) fn is_named(certificate: &CertificateDer<'_>, server_name: &ServerName<'_>) -> bool {
    let Ok(parsed) = Certificate::from_der(certificate) else { return false };
    let fields = &parsed.tbs_certificate;
    let Ok(alternatives) = fields.get::<SubjectAltName>() else { return false };
    let alternatives = alternatives.map(|(_, names)| names.0).unwrap_or_default();
    let name = server_name.to_str();
    let address = name.parse::<IpAddr>().ok();
    let fits = |alternative: &GeneralName| match alternative {
        GeneralName::DnsName(pattern) => matches(pattern.as_str(), &name),
        GeneralName::IpAddress(bytes) => match address {
            Some(IpAddr::V4(address)) => bytes.as_bytes() == address.octets(),
            Some(IpAddr::V6(address)) => bytes.as_bytes() == address.octets(),
            None => false,
        },
        _ => false,
    };
    if alternatives.iter().any(fits) {
        return true;
    }
    let is_of_the_same_kind = |alternative: &GeneralName| match alternative {
        GeneralName::DnsName(_) => address.is_none(),
        GeneralName::IpAddress(_) => address.is_some(),
        _ => false,
    };
    !alternatives.iter().any(is_of_the_same_kind)
        && common_name(&parsed).is_some_and(|pattern| matches(pattern, &name))
}

fn common_name(certificate: &Certificate) -> Option<&str> {
    let mut attributes = certificate.tbs_certificate.subject.0.iter().flat_map(|relative| relative.0.iter());
    let value = &attributes.rfind(|attribute| attribute.oid == COMMON_NAME)?.value;
    let is_text =
        matches!(value.tag(), Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::TeletexString);
    is_text.then(|| std::str::from_utf8(value.value()).ok()).flatten()
}

/// `name` is `pattern`, or `pattern` is `*.` and what follows the first label of `name`.
fn matches(pattern: &str, name: &str) -> bool {
    let is_address = name.parse::<IpAddr>().is_ok();
    pattern.eq_ignore_ascii_case(name)
        || !is_address
            && pattern.strip_prefix("*.").is_some_and(|domain| {
                name.split_once('.')
                    .is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(domain))
            })
}

/// The certificate's public key, also of a version 1 certificate.
pub(super) fn public_key(certificate: &CertificateDer<'_>) -> Option<SubjectPublicKeyInfoDer<'static>> {
    let parsed = Certificate::from_der(certificate).ok()?;
    parsed.tbs_certificate.subject_public_key_info.to_der().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_one_label() {
        for (pattern, name, expected) in [
            ("db.example", "db.example", true),
            ("DB.Example", "db.eXample", true),
            ("*.example", "db.example", true),
            ("*.example", "a.db.example", false),
            ("*.example", "example", false),
            ("*", "example", false),
            ("d*.example", "db.example", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("*.0.0.1", "127.0.0.1", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
