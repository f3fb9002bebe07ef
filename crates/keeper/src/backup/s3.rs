use std::time::Duration;

use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};

use super::BackupError;
use crate::Secret;

const SETTING: &str = "ELLA_BACKUP_S3";

/// How long somebody may take to answer: enough for a restart over there, or a packet that was lost twice.
const PATIENCE: Duration = Duration::from_secs(4);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// A bucket for backups, in S3 or anything that speaks its protocol over TLS.
#[derive(Debug, Clone)]
pub struct S3 {
    bucket: String,
    /// Begins with a slash.
    prefix: String,
    endpoint: String,
    region: String,
    ca_file: Option<String>,
    /// Whether the bucket stands in the path of an address, as it must where there is no name for each bucket.
    path_style: bool,
    keys: Option<Keys>,
}

#[derive(Debug, Clone)]
struct Keys {
    id: Secret,
    secret: Secret,
    token: Option<Secret>,
}

impl S3 {
    /// Parses `s3://bucket/prefix?endpoint=HOST&region=REGION&ca_file=FILE`. `variable` looks up the usual variables of AWS;
    /// without keys in them the machine's own role is used.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Self, BackupError> {
        let refused = |because: &str| BackupError::Setting { name: SETTING, because: because.to_owned() };
        let form = "it must look like s3://bucket/prefix?endpoint=HOST&region=REGION&ca_file=FILE";
        let rest = text.trim().strip_prefix("s3://").ok_or_else(|| refused(form))?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        if bucket.is_empty() {
            return Err(refused(form));
        }
        let (mut endpoint, mut region, mut ca_file) = (None, None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or_else(|| refused(form))?;
            let value = decode(value).ok_or_else(|| refused("a % in it is not followed by two digits"))?;
            match name {
                "endpoint" => endpoint = Some(value),
                "region" => region = Some(value),
                "ca_file" => ca_file = Some(value),
                _ => {
                    return Err(refused(
                        "it knows endpoint, region and ca_file, and nothing else after the ?",
                    ));
                }
            }
        }
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let region = region.or_else(|| set("AWS_REGION")).unwrap_or_else(|| "us-east-1".to_owned());
        let path_style = endpoint.is_some();
        let endpoint = endpoint.unwrap_or_else(|| format!("s3.{region}.amazonaws.com"));
        if endpoint.starts_with("http://") {
            return Err(refused(
                "pgBackRest speaks TLS only: the endpoint cannot begin with http:// (give https://, and the \
                 certificate's authority as ca_file when it is your own)",
            ));
        }
        let endpoint =
            endpoint.strip_prefix("https://").unwrap_or(&endpoint).trim_end_matches('/').to_owned();
        let keys = match (set("AWS_ACCESS_KEY_ID"), set("AWS_SECRET_ACCESS_KEY")) {
            (Some(id), Some(secret)) => Some(Keys {
                id: id.into(),
                secret: secret.into(),
                token: set("AWS_SESSION_TOKEN").map(Into::into),
            }),
            (None, None) => None,
            _ => return Err(refused("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set together")),
        };
        let prefix = format!("/{}", prefix.trim_matches('/'));
        let parts = [bucket, &prefix, &endpoint, &region, ca_file.as_deref().unwrap_or_default()];
        if parts.iter().any(|part| part.contains(char::is_control)) {
            return Err(refused("it holds a control character"));
        }
        Ok(Self { bucket: bucket.to_owned(), prefix, endpoint, region, ca_file, path_style, keys })
    }

    pub(super) fn describe(&self) -> String {
        format!("s3://{}{} at {}", self.bucket, self.prefix, self.endpoint)
    }

    /// Looks whether somebody answers there, before pgBackRest is sent: it takes 40 s to say that nobody does.
    pub(super) async fn answers(&self) -> Result<(), BackupError> {
        let address = self.address();
        let mut because = format!("nobody answers at {address}");
        let asking = async {
            while let Err(error) = TcpStream::connect(&address).await {
                because = format!("unable to connect to {address}: {error}");
                sleep(PAUSE).await;
            }
        };
        let answered = timeout(PATIENCE, asking).await;
        answered.map_err(|_| BackupError::Unreachable { repository: "S3", because })
    }

    /// The endpoint with its port.
    fn address(&self) -> String {
        let endpoint = &self.endpoint;
        // Within brackets stand the colons of an IPv6 address.
        match endpoint.rsplit_once(':') {
            Some((_, port)) if !port.ends_with(']') => endpoint.clone(),
            _ => format!("{endpoint}:443"),
        }
    }

    pub(super) fn options(&self) -> Vec<(&'static str, String)> {
        let mut options = vec![
            ("repo1-type", "s3".to_owned()),
            ("repo1-path", self.prefix.clone()),
            ("repo1-s3-bucket", self.bucket.clone()),
            ("repo1-s3-endpoint", self.endpoint.clone()),
            ("repo1-s3-region", self.region.clone()),
            ("repo1-s3-uri-style", if self.path_style { "path" } else { "host" }.to_owned()),
        ];
        options.extend(self.ca_file.clone().map(|file| ("repo1-storage-ca-file", file)));
        match &self.keys {
            Some(Keys { id, secret, token }) => {
                options.push(("repo1-s3-key", id.expose().to_owned()));
                options.push(("repo1-s3-key-secret", secret.expose().to_owned()));
                options.extend(token.as_ref().map(|token| ("repo1-s3-token", token.expose().to_owned())));
            }
            None => options.push(("repo1-s3-key-type", "auto".to_owned())),
        }
        options
    }
}

/// Undoes the escapes of an address; nothing where they are not well-formed.
#[must_use]
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, variables: &[(&str, &str)]) -> Result<S3, BackupError> {
        S3::parse(text, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn option(s3: &S3, name: &str) -> Option<String> {
        s3.options().into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    const KEYS: [(&str, &str); 2] =
        [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")];

    #[test]
    fn a_bucket_of_amazons_needs_little() {
        let s3 = parse("s3://school/ella", &[]).unwrap();
        assert_eq!(option(&s3, "repo1-s3-endpoint").as_deref(), Some("s3.us-east-1.amazonaws.com"));
        assert_eq!(option(&s3, "repo1-s3-uri-style").as_deref(), Some("host"));
        assert_eq!(option(&s3, "repo1-s3-key-type").as_deref(), Some("auto"), "the machine's own role");
        assert_eq!(option(&s3, "repo1-path").as_deref(), Some("/ella"));
    }

    #[test]
    fn anything_compatible_is_called_by_path_over_tls() {
        let text = "s3://ella?endpoint=https%3A%2F%2Flocalhost:8333&region=eu&ca_file=/etc/own%20ca.pem";
        let s3 = parse(text, &KEYS).unwrap();
        assert_eq!(option(&s3, "repo1-s3-endpoint").as_deref(), Some("localhost:8333"));
        assert_eq!(option(&s3, "repo1-s3-uri-style").as_deref(), Some("path"));
        assert_eq!(option(&s3, "repo1-storage-ca-file").as_deref(), Some("/etc/own ca.pem"));
        assert_eq!(option(&s3, "repo1-s3-key").as_deref(), Some("AKIDEXAMPLE"));
        assert_eq!(option(&s3, "repo1-path").as_deref(), Some("/"));
        assert!(!format!("{s3:?}").contains("wJalrXUtnFEMI"), "keys are never printed");
    }

    #[test]
    fn an_endpoint_without_a_port_has_that_of_tls() {
        let address = |endpoint: &str| {
            parse(&format!("s3://ella?endpoint={endpoint}"), &KEYS).map(|s3| s3.address()).unwrap()
        };
        assert_eq!(
            ["s3.example.com", "https://s3.example.com:8333/", "[::1]", "[::1]:8333"].map(address),
            ["s3.example.com:443", "s3.example.com:8333", "[::1]:443", "[::1]:8333"]
        );
    }

    #[test]
    fn what_cannot_work_is_refused_with_a_sentence() {
        for (text, variables, part) in [
            ("https://bucket", &[][..], "s3://bucket/prefix"),
            ("s3:///prefix", &[], "s3://bucket/prefix"),
            ("s3://b?endpoint=http://localhost", &[], "TLS only"),
            ("s3://b?endpont=x", &[], "nothing else"),
            ("s3://b?region=%zz", &[], "two digits"),
            ("s3://b", &KEYS[..1], "set together"),
        ] {
            let sentence = parse(text, variables).unwrap_err().to_string();
            assert!(sentence.contains(part) && sentence.contains(SETTING), "{sentence}");
        }
    }
}
