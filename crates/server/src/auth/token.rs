//! Students' tokens: JWT, HS256 and nothing else.

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const ISSUER: &str = "ella";
const AUDIENCE: &str = "ella-app";

/// Issues tokens and says whose they are.
pub struct Tokens {
    signing: EncodingKey,
    /// The present secret first, then those that were replaced.
    verifying: Vec<DecodingKey>,
    validation: Validation,
    life: SignedDuration,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: Uuid,
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
    /// Not ours, but whoever holds the secret may set it (RFC 7519, 4.1.5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
}

/// Why a token is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// It is no token of ours, or not whole.
    Invalid,
    /// It was good once.
    Expired,
}

impl Tokens {
    /// Tokens signed with `secret`, which live for `life`; those signed with one of `previous` are still good.
    #[must_use]
    pub fn new(secret: &[u8], previous: &[Vec<u8>], life: SignedDuration) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["sub", "iss", "aud", "iat", "exp"]);
        // The library asks the machine for the time; we compare with our own clock instead.
        validation.validate_exp = false;
        let secrets = std::iter::once(secret).chain(previous.iter().map(Vec::as_slice));
        Self {
            signing: EncodingKey::from_secret(secret),
            verifying: secrets.map(DecodingKey::from_secret).collect(),
            validation,
            life,
        }
    }

    /// Seconds that a new token lives.
    #[must_use]
    pub fn life_seconds(&self) -> i64 {
        self.life.as_secs()
    }

    /// A token for `student`, issued at `now`; none only if signing itself fails.
    #[must_use]
    pub fn issue(&self, student: Uuid, now: Timestamp) -> Option<String> {
        let issued_at = now.as_second();
        let claims = Claims {
            sub: student,
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            iat: issued_at,
            exp: issued_at + self.life_seconds(),
            nbf: None,
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.signing).ok()
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// It is forged, malformed, for someone else, or expired.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<Uuid, TokenFault> {
        let known = self
            .verifying
            .iter()
            .find_map(|key| decode::<Claims>(token, key, &self.validation).ok())
            .ok_or(TokenFault::Invalid)?;
        // Extensions that must be understood, of which we understand none (RFC 7515, 4.1.11).
        if known.header.crit.is_some() {
            return Err(TokenFault::Invalid);
        }
        let claims = known.claims;
        if claims.exp <= now.as_second() {
            return Err(TokenFault::Expired);
        }
        if claims.nbf.is_some_and(|not_before| not_before > now.as_second()) {
            return Err(TokenFault::Invalid);
        }
        Ok(claims.sub)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"a secret of thirty-two characters";

    fn now() -> Timestamp {
        "2026-11-22T10:00:00Z".parse().unwrap()
    }

    fn tokens(secret: &[u8], previous: &[Vec<u8>]) -> Tokens {
        Tokens::new(secret, previous, SignedDuration::from_hours(24))
    }

    #[test]
    fn a_token_says_whose_it_is_until_it_expires() {
        let student = Uuid::from_u128(7);
        let tokens = tokens(SECRET, &[]);
        let token = tokens.issue(student, now()).unwrap();
        assert_eq!(tokens.verify(&token, now()), Ok(student));
        let last_second = now() + SignedDuration::from_secs(24 * 3600 - 1);
        assert_eq!(tokens.verify(&token, last_second), Ok(student));
        assert_eq!(
            tokens.verify(&token, last_second + SignedDuration::from_secs(1)),
            Err(TokenFault::Expired)
        );
    }

    #[test]
    fn after_a_change_of_the_secret_the_previous_one_is_still_accepted_and_no_other() {
        let student = Uuid::from_u128(7);
        let old = tokens(SECRET, &[]).issue(student, now()).unwrap();
        let new_secret = b"another secret of many characters";
        assert_eq!(tokens(new_secret, &[SECRET.to_vec()]).verify(&old, now()), Ok(student));
        assert_eq!(tokens(new_secret, &[]).verify(&old, now()), Err(TokenFault::Invalid));
    }

    #[test]
    fn only_hs256_with_every_claim_is_a_token() {
        let good = serde_json::json!({
            "sub": Uuid::from_u128(7), "iss": "ella", "aud": "ella-app",
            "iat": now().as_second(), "exp": now().as_second() + 60,
        });
        let sign = |algorithm, claims: &serde_json::Value| {
            encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(SECRET)).unwrap()
        };
        let tokens = tokens(SECRET, &[]);
        assert!(tokens.verify(&sign(Algorithm::HS256, &good), now()).is_ok());
        assert_eq!(tokens.verify(&sign(Algorithm::HS512, &good), now()), Err(TokenFault::Invalid));
        for claim in ["sub", "iss", "aud", "iat", "exp"] {
            let mut without = good.clone();
            without.as_object_mut().unwrap().remove(claim);
            assert_eq!(
                tokens.verify(&sign(Algorithm::HS256, &without), now()),
                Err(TokenFault::Invalid),
                "{claim}"
            );
        }
        for (claim, other) in [("aud", "another-app"), ("iss", "someone"), ("sub", "no uuid")] {
            let mut wrong = good.clone();
            wrong[claim] = other.into();
            assert_eq!(
                tokens.verify(&sign(Algorithm::HS256, &wrong), now()),
                Err(TokenFault::Invalid),
                "{claim}"
            );
        }
        let header = Header { crit: Some(vec!["b64".to_owned()]), ..Header::new(Algorithm::HS256) };
        let critical = encode(&header, &good, &EncodingKey::from_secret(SECRET)).unwrap();
        assert_eq!(tokens.verify(&critical, now()), Err(TokenFault::Invalid));
        for text in ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
            assert_eq!(tokens.verify(text, now()), Err(TokenFault::Invalid), "{text}");
        }
    }
}
