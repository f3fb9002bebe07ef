//! What `DATABASE_URL` asks for, parsed: whom to call, as whom, and how much to trust.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use tokio_postgres::{
    Config,
    config::{ChannelBinding, LoadBalanceHosts, SslNegotiation, TargetSessionAttrs},
};

use super::{
    connection_string::{Parameters, take_apart},
    passwords,
    targets::{Target, targets},
    tls_settings::TlsSettings,
};

/// An external database, as it is asked for.
#[derive(Debug)]
pub(super) struct Settings {
    /// Everything but the hosts and the options.
    pub(super) template: Config,
    /// The servers, in the order in which to try them.
    pub(super) targets: Vec<Target>,
    /// How connections are encrypted and what is verified.
    pub(super) tls: TlsSettings,
    /// The user's own command-line options for the session.
    pub(super) options: String,
    /// How long one server may take to let us in; none if it is not said.
    pub(super) connect_timeout: Option<Duration>,
}

/// Parameters of libpq that would change what is trusted or where one ends up, and that are not there: leaving them out
/// silently would be wrong.
const UNSUPPORTED: &[&str] = &[
    "gssdelegation",
    "gsslib",
    "krbsrvname",
    "replication",
    "require_auth",
    "requirepeer",
    "service",
    "servicefile",
    "sslcertmode",
    "sslcrl",
    "sslcrldir",
    "sslpassword",
];

const KNOWN: &[&str] = &[
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "fallback_application_name",
    "gssencmode",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "load_balance_hosts",
    "options",
    "passfile",
    "password",
    "port",
    "ssl",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcompression",
    "sslkey",
    "sslmode",
    "sslnegotiation",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// Whether `name` is a parameter of libpq.
pub(super) fn is_known(name: &str) -> bool {
    KNOWN.contains(&name) || UNSUPPORTED.contains(&name)
}

impl Settings {
    /// Parses `text`; files that are not named are looked for in `home`.
    ///
    /// # Errors
    /// A sentence.
    pub(super) fn parse(text: &str, home: Option<&Path>) -> Result<Self, String> {
        let mut parameters = take_apart(text)?;
        for name in parameters.keys() {
            if !KNOWN.contains(&name.as_str()) {
                return Err(unknown(name));
            }
        }
        let mut template = Config::new();
        for (name, allowed) in
            [("client_encoding", &["utf8", "utf-8", "auto"][..]), ("gssencmode", &["disable", "prefer"])]
        {
            choice(&mut parameters, name, allowed)?;
        }
        if let Some(user) = parameters.remove("user") {
            template.user(user);
        }
        if let Some(name) = parameters.remove("dbname") {
            template.dbname(name);
        }
        let fallback = parameters.remove("fallback_application_name");
        template.application_name(
            parameters.remove("application_name").or(fallback).unwrap_or_else(|| "ella".to_owned()),
        );
        session(&mut template, &mut parameters)?;
        keepalives(&mut template, &mut parameters)?;

        let connect_timeout = number(&mut parameters, "connect_timeout")?
            .filter(|seconds| *seconds > 0)
            .map(Duration::from_secs);
        let mut targets = targets(&mut parameters)?;
        let password_file = parameters
            .remove("passfile")
            .map(PathBuf::from)
            .or_else(|| home.map(|home| home.join(".pgpass")));
        match (parameters.remove("password"), password_file) {
            (Some(password), _) => {
                template.password(password);
            }
            (None, Some(file)) => passwords::fill(&mut targets, &file, &template),
            (None, None) => {}
        }
        let options = parameters.remove("options").unwrap_or_default();
        let tls = TlsSettings::take(&mut parameters, home)?;
        if tls.direct {
            template.ssl_negotiation(SslNegotiation::Direct);
        }
        Ok(Self { template, targets, tls, options, connect_timeout })
    }
}

fn unknown(name: &str) -> String {
    let hint = match name {
        "schema" | "currentSchema" | "search_path" => {
            " To choose a schema, write options=-c%20search_path%3Dname in a URL, or options='-c search_path=name'."
        }
        _ if UNSUPPORTED.contains(&name) => " It is one of libpq's that Ella does not support.",
        _ => " Leave it out, or correct its name.",
    };
    format!("DATABASE_URL: unknown parameter `{name}`.{hint}")
}

/// What the session must be like.
fn session(template: &mut Config, parameters: &mut Parameters) -> Result<(), String> {
    match parameters.remove("target_session_attrs").as_deref() {
        None | Some("any") => {}
        Some("read-write" | "primary") => {
            template.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        Some(_) => {
            return Err(
                "DATABASE_URL: target_session_attrs must be read-write, primary or any, because Ella writes."
                    .to_owned(),
            );
        }
    }
    template.channel_binding(
        match choice(parameters, "channel_binding", &["disable", "prefer", "require"])? {
            Some("disable") => ChannelBinding::Disable,
            Some("require") => ChannelBinding::Require,
            _ => ChannelBinding::Prefer,
        },
    );
    if choice(parameters, "load_balance_hosts", &["disable", "random"])? == Some("random") {
        template.load_balance_hosts(LoadBalanceHosts::Random);
    }
    Ok(())
}

fn keepalives(template: &mut Config, parameters: &mut Parameters) -> Result<(), String> {
    if let Some(on) = number(parameters, "keepalives")? {
        template.keepalives(on != 0);
    }
    if let Some(seconds) = number(parameters, "keepalives_idle")?.filter(|seconds| *seconds > 0) {
        template.keepalives_idle(Duration::from_secs(seconds));
    }
    if let Some(seconds) = number(parameters, "keepalives_interval")?.filter(|seconds| *seconds > 0) {
        template.keepalives_interval(Duration::from_secs(seconds));
    }
    if let Some(count) = number(parameters, "keepalives_count")?.and_then(|count| u32::try_from(count).ok()) {
        template.keepalives_retries(count);
    }
    // Milliseconds in libpq; the driver's own parser takes them for seconds.
    if let Some(milliseconds) = number(parameters, "tcp_user_timeout")?.filter(|limit| *limit > 0) {
        template.tcp_user_timeout(Duration::from_millis(milliseconds));
    }
    Ok(())
}

/// A parameter that has a few values only.
pub(super) fn choice<'a>(
    parameters: &mut Parameters,
    name: &str,
    allowed: &[&'a str],
) -> Result<Option<&'a str>, String> {
    let Some(given) = parameters.remove(name) else { return Ok(None) };
    match allowed.iter().find(|allowed| given.eq_ignore_ascii_case(allowed)) {
        Some(found) => Ok(Some(found)),
        None => Err(format!("DATABASE_URL: {name} must be {}.", one_of(allowed))),
    }
}

fn one_of(allowed: &[&str]) -> String {
    match allowed {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => allowed.join(""),
    }
}

fn number(parameters: &mut Parameters, name: &str) -> Result<Option<u64>, String> {
    parameters
        .remove(name)
        .map(|text| {
            text.trim()
                .parse()
                .map_err(|_| format!("DATABASE_URL: {name} must be a whole number, 0 or more."))
        })
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Settings, String> {
        Settings::parse(text, None)
    }

    #[test]
    fn everything_else_reaches_the_driver() {
        let settings = parse(
            "host=h user=u password='p w' dbname=d options='-c search_path=x' application_name=a connect_timeout=7 \
             keepalives=0 keepalives_idle=1 keepalives_interval=2 keepalives_count=3 tcp_user_timeout=1500 \
             target_session_attrs=primary channel_binding=require load_balance_hosts=random client_encoding=UTF8 \
             gssencmode=prefer",
        )
        .unwrap();
        let template = settings.template;
        assert_eq!((template.get_user(), template.get_dbname()), (Some("u"), Some("d")));
        assert_eq!(template.get_password(), Some(&b"p w"[..]));
        assert_eq!(template.get_application_name(), Some("a"));
        assert_eq!(settings.options, "-c search_path=x");
        assert_eq!(settings.connect_timeout, Some(Duration::from_secs(7)));
        assert!(!template.get_keepalives());
        assert_eq!(template.get_keepalives_idle(), Duration::from_secs(1));
        assert_eq!(template.get_keepalives_interval(), Some(Duration::from_secs(2)));
        assert_eq!(template.get_keepalives_retries(), Some(3));
        assert_eq!(template.get_tcp_user_timeout(), Some(&Duration::from_millis(1500)));
        assert_eq!(template.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(template.get_channel_binding(), ChannelBinding::Require);
        assert_eq!(template.get_load_balance_hosts(), LoadBalanceHosts::Random);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (text, expected) in [
            ("postgres://h/d?shcema=x", "unknown parameter `shcema`"),
            ("postgres://h/d?schema=x", "options=-c%20search_path%3Dname"),
            (
                "host=h sslcrl=x",
                "unknown parameter `sslcrl`. It is one of libpq's that Ella does not support.",
            ),
            ("host=h target_session_attrs=standby", "must be read-write, primary or any"),
            ("host=h channel_binding=maybe", "channel_binding must be disable, prefer or require."),
            ("host=h connect_timeout=soon", "connect_timeout must be a whole number"),
            ("host=h client_encoding=latin1", "client_encoding must be utf8"),
            ("host=h gssencmode=require", "gssencmode must be disable or prefer"),
        ] {
            let sentence = parse(text).unwrap_err();
            assert!(sentence.contains(expected), "{text}: {sentence}");
        }
    }

    #[test]
    fn no_form_of_it_shows_the_password() {
        let settings = parse("postgres://u:geheim@h/d").unwrap();
        assert!(!format!("{settings:?}").contains("geheim"));
    }
}
