//! The servers that `DATABASE_URL` names.

use std::{net::IpAddr, path::Path};

use super::connection_string::Parameters;

/// One server.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Its name or address, or the folder of its unix socket.
    pub(super) host: String,
    /// Its address, when it is not to be looked up.
    pub(super) address: Option<IpAddr>,
    /// Its port.
    pub(super) port: u16,
    /// The password for it, out of the password file.
    pub(super) password: Option<String>,
}

impl Target {
    /// Whether it is a unix socket.
    pub(super) fn is_unix(&self) -> bool {
        self.host.starts_with('/') && self.address.is_none()
    }
}

/// As messages name it, without the password.
impl std::fmt::Display for Target {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.is_unix(), self.host.contains(':')) {
            (true, _) => write!(formatter, "{}/.s.PGSQL.{}", self.host, self.port),
            (false, true) => write!(formatter, "[{}]:{}", self.host, self.port),
            (false, false) => write!(formatter, "{}:{}", self.host, self.port),
        }
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{self}")
    }
}

/// Takes the servers out of `parameters`, in the order in which to try them.
///
/// # Errors
/// A sentence.
pub(super) fn targets(parameters: &mut Parameters) -> Result<Vec<Target>, String> {
    let mut list = |name: &str| -> Vec<String> {
        parameters
            .remove(name)
            .map(|text| text.split(',').map(|item| item.trim().to_owned()).collect())
            .unwrap_or_default()
    };
    let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
    let count = hosts.len().max(addresses.len()).max(1);
    let fits = |length: usize| length == 0 || length == count;
    if !fits(hosts.len()) || !fits(addresses.len()) || !(fits(ports.len()) || ports.len() == 1) {
        return Err(format!(
            "DATABASE_URL names {} hosts, {} addresses (hostaddr) and {} ports; give as many of each, or one port for all.",
            hosts.len(),
            addresses.len(),
            ports.len()
        ));
    }
    let item = |list: &[String], at: usize| list.get(at).filter(|item| !item.is_empty()).cloned();
    (0..count)
        .map(|at| {
            let address = item(&addresses, at)
                .map(|text| text.parse().map_err(|_| "DATABASE_URL: hostaddr must be an IP address; a name belongs into host."))
                .transpose()?;
            let port = item(&ports, if ports.len() == 1 { 0 } else { at });
            let port = port.map_or(Ok(5432), |text| text.parse().ok().filter(|port| *port > 0).ok_or(
                "DATABASE_URL: port must be a number from 1 to 65535. If it is part of a password, write : as %3A and / as %2F.",
            ))?;
            let host = item(&hosts, at).or_else(|| address.map(|address: IpAddr| address.to_string())).unwrap_or_else(usual_host);
            Ok(Target { host, address, port, password: None })
        })
        .collect()
}

/// Where Debian's PostgreSQL and libpq meet when no host is named.
fn usual_host() -> String {
    let folder = "/var/run/postgresql";
    if Path::new(folder).is_dir() { folder } else { "localhost" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{super::connection_string::take_apart, *};

    #[test]
    fn hosts_addresses_and_ports_are_matched_up() {
        for (text, expected) in [
            ("postgres://a:1,b,[::1]:3/d", "[a:1, b:5432, [::1]:3]"),
            ("host=a,b port=6000", "[a:6000, b:6000]"),
            ("host=/tmp,a port=6000,", "[/tmp/.s.PGSQL.6000, a:5432]"),
            ("hostaddr=127.0.0.1,::1", "[127.0.0.1:5432, [::1]:5432]"),
            ("host=a hostaddr=127.0.0.1", "[a:5432]"),
            ("host=a,b port=1,2,3", "names 2 hosts, 0 addresses (hostaddr) and 3 ports"),
            ("host=a,b hostaddr=127.0.0.1", "names 2 hosts, 1 addresses"),
            ("host=a port=0", "a number from 1 to 65535"),
            ("postgres://u:secret/word", "a number from 1 to 65535"),
            ("hostaddr=a", "must be an IP address"),
        ] {
            let found = match targets(&mut take_apart(text).unwrap()) {
                Ok(targets) => format!("{targets:?}"),
                Err(sentence) => sentence,
            };
            assert!(found.contains(expected), "{text}: {found}");
        }
    }
}
