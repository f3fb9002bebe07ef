//! Verifies the server's certificate as far as `sslmode` asks for it.

use rustls::{
    CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor, verify_server_name,
    },
    crypto::{
        WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
        verify_tls13_signature_with_raw_key,
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

use super::old_certificates as old;

/// Verifies the server's certificate.
#[derive(Debug)]
pub(super) struct Verifier {
    /// Whose certificates count.
    pub(super) trust: Trust,
    /// Signatures that count.
    pub(super) algorithms: WebPkiSupportedAlgorithms,
}

/// Whose certificates count.
#[derive(Debug)]
pub(super) enum Trust {
    /// Anyone's: it is encrypted, and nobody knows with whom.
    Anyone,
    /// Those of these authorities.
    Authorities {
        /// The authorities.
        store: RootCertStore,
        /// Their certificates as they are, for certificates of the old kinds.
        certificates: Vec<CertificateDer<'static>>,
        /// Whether the certificate must be for the name that we call.
        by_name: bool,
    },
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Trust::Authorities { store, certificates, by_name } = &self.trust else {
            return Ok(ServerCertVerified::assertion());
        };
        let algorithms = self.algorithms.all;
        let parsed = ParsedCertificate::try_from(end_entity);
        let chain = match &parsed {
            Ok(parsed) => {
                verify_server_cert_signed_by_trust_anchor(parsed, store, intermediates, now, algorithms)
            }
            Err(error) => Err(error.clone()),
        };
        if let Err(error) = chain
            && !old::is_trusted(end_entity, certificates, now, algorithms)
        {
            return Err(error);
        }
        if *by_name {
            let named = match &parsed {
                Ok(parsed) => verify_server_name(parsed, server_name),
                Err(_) => Err(CertificateError::NotValidForName.into()),
            };
            if let Err(error) = named
                && !old::is_named(end_entity, server_name)
            {
                return Err(error);
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    // Also when anyone is trusted: SCRAM's channel binding relies on the server having the certificate's key.
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verified = verify_tls13_signature(message, certificate, signature, &self.algorithms);
        match (verified, old::public_key(certificate)) {
            (Err(Error::InvalidCertificate(error)), Some(key)) if error != CertificateError::BadSignature => {
                verify_tls13_signature_with_raw_key(message, &key, signature, &self.algorithms)
            }
            (verified, _) => verified,
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
