//! The TLS connector that the settings ask for.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
    sync::Arc,
};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::{CertifiedKey, SingleCertAndKey},
    version::{TLS12, TLS13},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{
    old_certificates,
    tls_settings::{Mode, Roots, TlsSettings, Versions},
    verifier::{Trust, Verifier},
};

/// What makes TLS connections as `settings` ask.
///
/// # Errors
/// A sentence that names the file that cannot be used.
pub(super) fn connector(settings: &TlsSettings) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let trust = match &settings.roots {
        None => Trust::Anyone,
        Some(roots) => {
            let (store, certificates) = trusted(roots)?;
            Trust::Authorities { store, certificates, by_name: settings.mode == Mode::VerifyFull }
        }
    };
    let versions = match settings.versions {
        Versions::Both => &[&TLS13, &TLS12][..],
        Versions::Only1_2 => &[&TLS12],
        Versions::Only1_3 => &[&TLS13],
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .map_err(|error| format!("TLS cannot be set up: {error}."))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verifier { trust, algorithms }));
    let mut config = match &settings.identity {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => builder.with_client_cert_resolver(Arc::new(identity(certificate, key)?)),
    };
    config.enable_sni = settings.sni;
    // Needed with sslnegotiation=direct, and what libpq says in any case.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

type Certificates = Vec<CertificateDer<'static>>;

fn trusted(roots: &Roots) -> Result<(RootCertStore, Certificates), String> {
    let mut store = RootCertStore::empty();
    let certificates = match roots {
        Roots::File(file) => certificates(file, "sslrootcert")?,
        Roots::System => rustls_native_certs::load_native_certs().certs,
    };
    store.add_parsable_certificates(certificates.iter().cloned());
    match roots {
        Roots::File(_) => Ok((store, certificates)),
        Roots::System if store.is_empty() => {
            Err("This machine trusts no authority, so sslrootcert=system verifies nothing. \
             Install the package ca-certificates, or name a file."
                .to_owned())
        }
        // Public authorities sign no certificates of the old kinds that need the list itself.
        Roots::System => Ok((store, Vec::new())),
    }
}

fn certificates(file: &Path, parameter: &str) -> Result<Certificates, String> {
    let fault = |what: &str| format!("The certificate file {} ({parameter}) {what}.", file.display());
    let certificates = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Certificates, _>>)
        .map_err(|error| fault(&format!("cannot be read: {error}")))?;
    if certificates.is_empty() {
        return Err(fault("holds no certificate in PEM form"));
    }
    Ok(certificates)
}

/// Our own certificate. The library's own way to it refuses version 1, so the key is compared here.
fn identity(certificate: &Path, key: &Path) -> Result<SingleCertAndKey, String> {
    let chain = certificates(certificate, "sslcert")?;
    let signing_key = aws_lc_rs::sign::any_supported_type(&private_key(key)?)
        .map_err(|error| format!("The private key {} (sslkey) cannot be used: {error}.", key.display()))?;
    if chain.first().and_then(old_certificates::public_key) != signing_key.public_key() {
        return Err(format!(
            "The certificate {} (sslcert) was not made for the key {} (sslkey). Name two that belong together.",
            certificate.display(),
            key.display()
        ));
    }
    Ok(CertifiedKey::new(chain, signing_key).into())
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, String> {
    let fault = |what: &str| format!("The private key {} (sslkey) {what}.", file.display());
    let metadata = fs::metadata(file).map_err(|error| fault(&format!("cannot be read: {error}")))?;
    // As libpq has it: nobody else may read it, except a group that root gave it to.
    let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    if metadata.permissions().mode() & forbidden != 0 {
        return Err(fault("may be read by others; chmod 600 it"));
    }
    PrivateKeyDer::from_pem_file(file).map_err(|error| {
        fault(&format!("cannot be used: {error}. It must be a PEM file without a passphrase"))
    })
}
