//! `ELLA_LLM`: which providers to call, in order of preference.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

/// One provider, as the setting names it: `kind:model` or `kind:model@base-address`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderSpec {
    /// The protocol.
    pub kind: ProviderKind,
    /// The model's name, as the provider spells it.
    pub model: String,
    /// An address of one's own, up to and with its version (`http://127.0.0.1:8081/v1`).
    pub base: Option<String>,
}

/// The protocols we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderKind {
    /// Google's own protocol.
    Gemini,
    /// `OpenAI`'s chat completions, which many other servers speak too.
    OpenAi,
}

/// The providers' keys. `Debug` tells only whether there is one.
#[derive(Clone, Default)]
pub struct Keys {
    /// `GEMINI_API_KEY`.
    pub gemini: Option<String>,
    /// `OPENAI_API_KEY`.
    pub openai: Option<String>,
    /// `ELLA_LLM_KEYS`, which come before the key of a model's kind.
    pub own: Vec<ModelKey>,
}

/// A model's own key, written `model=key`; `model=` is that it gets none. `Debug` tells only whose it is.
#[derive(Clone, PartialEq, Eq)]
pub struct ModelKey {
    model: String,
    key: String,
}

/// A setting that names no usable provider.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// The text is no provider.
    #[error(
        "`{spec}` is no provider: {reason}. Write `gemini:model` or `openai:model`, with `@http://address/v1` \
         after the model for a server of your own, and a comma between two providers"
    )]
    Malformed {
        /// The part of the setting that is wrong.
        spec: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A provider needs a key that is not there.
    #[error("the provider `{spec}` needs {variable}; set it, or name an address of your own after `@`")]
    KeyMissing {
        /// The provider.
        spec: String,
        /// The environment variable that holds its key.
        variable: &'static str,
    },
    /// A key has characters that no HTTP header can carry.
    #[error("{variable} has characters that no key has; was it copied with a line break?")]
    KeyUnusable {
        /// The environment variable.
        variable: &'static str,
    },
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made: {reason}")]
    Client {
        /// The cause, in the client's own words.
        reason: String,
    },
}

/// Reads the whole setting. Empty text gives no provider: then the built-in voice speaks alone.
///
/// # Errors
/// [`SpecError::Malformed`] names the first part that is wrong.
pub fn parse_specs(setting: &str) -> Result<Vec<ProviderSpec>, SpecError> {
    if setting.trim().is_empty() {
        return Ok(Vec::new());
    }
    setting.split(',').map(|part| part.trim().parse()).collect()
}

impl ProviderKind {
    /// `gemini` or `openai`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gemini => "gemini",
            Self::OpenAi => "openai",
        }
    }

    /// The environment variable that holds the key.
    #[must_use]
    pub fn key_variable(self) -> &'static str {
        match self {
            Self::Gemini => "GEMINI_API_KEY",
            Self::OpenAi => "OPENAI_API_KEY",
        }
    }

    /// The provider's public address.
    pub(crate) fn public_base(self) -> &'static str {
        match self {
            Self::Gemini => "https://generativelanguage.googleapis.com/v1beta",
            Self::OpenAi => "https://api.openai.com/v1",
        }
    }
}

impl Keys {
    /// A provider's key, if there is one, and the setting that it comes from; an empty one is none.
    pub(crate) fn of(&self, spec: &ProviderSpec) -> (Option<&str>, &'static str) {
        let own = self.own.iter().find(|own| own.model == spec.model);
        let (key, variable) = match (own, spec.kind) {
            (Some(own), _) => (Some(own.key.as_str()), "ELLA_LLM_KEYS"),
            (None, ProviderKind::Gemini) => (self.gemini.as_deref(), spec.kind.key_variable()),
            (None, ProviderKind::OpenAi) => (self.openai.as_deref(), spec.kind.key_variable()),
        };
        (key.map(str::trim).filter(|key| !key.is_empty()), variable)
    }
}

impl FromStr for ModelKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((model, key)) if !model.trim().is_empty() => {
                Ok(Self { model: model.trim().to_owned(), key: key.trim().to_owned() })
            }
            _ => Err("write a model, `=` and its key, with a comma between two of them"),
        }
    }
}

impl fmt::Debug for ModelKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.model)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |key: &Option<String>| if key.is_some() { "set" } else { "none" };
        formatter
            .debug_struct("Keys")
            .field("gemini", &shown(&self.gemini))
            .field("openai", &shown(&self.openai))
            .field("own", &self.own)
            .finish()
    }
}

impl fmt::Display for ProviderSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.kind.as_str(), self.model)?;
        match &self.base {
            Some(base) => write!(formatter, "@{base}"),
            None => Ok(()),
        }
    }
}

impl FromStr for ProviderSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let wrong = |reason: &str| SpecError::Malformed { spec: text.to_owned(), reason: reason.to_owned() };
        let (kind, rest) = text.split_once(':').ok_or_else(|| wrong("there is no `:` after its kind"))?;
        let kind = match kind.trim() {
            "gemini" => ProviderKind::Gemini,
            "openai" => ProviderKind::OpenAi,
            _ => return Err(wrong("its kind is neither `gemini` nor `openai`")),
        };
        let (model, base) = match rest.split_once('@') {
            Some((model, base)) => (model.trim(), Some(parse_base(base.trim()).map_err(wrong)?)),
            None => (rest.trim(), None),
        };
        if model.is_empty() {
            return Err(wrong("it names no model"));
        }
        if !model.chars().all(|character| character.is_ascii_alphanumeric() || "-._:/".contains(character)) {
            return Err(wrong("a model's name has only letters, digits and `-._:/`"));
        }
        Ok(Self { kind, model: model.to_owned(), base })
    }
}

fn parse_base(base: &str) -> Result<String, &'static str> {
    let url = Url::parse(base).map_err(|_| "what stands after `@` is no address")?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("its address does not begin with `http://` or `https://` and a host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("its address holds a password; keys belong in the environment");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("its address has something after the path");
    }
    Ok(base.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_names_providers_in_order() {
        let specs = parse_specs(
            " gemini:gemini-3.5-flash-lite, openai:gpt-4.1-mini ,openai:smollm2@http://127.0.0.1:8081/v1/",
        )
        .unwrap();
        assert_eq!(
            specs.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "gemini:gemini-3.5-flash-lite",
                "openai:gpt-4.1-mini",
                "openai:smollm2@http://127.0.0.1:8081/v1"
            ]
        );
        assert_eq!(parse_specs("  ").unwrap(), []);
        assert_eq!(
            parse_specs("openai:llama3.2:3b@http://localhost:11434/v1").unwrap()[0].model,
            "llama3.2:3b"
        );
    }

    #[test]
    fn a_bad_setting_says_what_is_wrong() {
        for (setting, expected) in [
            ("gemini", "no `:`"),
            ("claude:opus", "neither `gemini` nor `openai`"),
            ("openai:", "names no model"),
            ("openai:gpt 4", "letters, digits"),
            ("openai:m@localhost:8081", "`http://` or `https://`"),
            ("openai:m@nonsense", "no address"),
            ("openai:m@ftp://host/", "`http://` or `https://`"),
            ("openai:m@http://user:secret@host/v1", "keys belong in the environment"),
            ("openai:m@http://host/v1?key=1", "something after the path"),
            ("openai:m,,gemini:n", "no `:`"),
        ] {
            let error = parse_specs(setting).unwrap_err().to_string();
            assert!(error.contains(expected), "{setting}: {error}");
        }
    }

    #[test]
    fn keys_are_never_printed() {
        let own = vec!["llama=gsk-secret".parse().unwrap()];
        let keys = Keys { gemini: Some("AIza-secret".into()), openai: None, own };
        assert_eq!(format!("{keys:?}"), "Keys { gemini: \"set\", openai: \"none\", own: [llama] }");
    }

    #[test]
    fn a_models_own_key_is_written_behind_its_name() {
        let spelled = |text: &str| text.parse::<ModelKey>().map(|own| (own.model, own.key)).ok();
        let pair = |model: &str, key: &str| Some((model.to_owned(), key.to_owned()));
        assert_eq!(spelled(" meta/llama:70b = gsk_a=b "), pair("meta/llama:70b", "gsk_a=b"));
        assert_eq!(spelled("llama="), pair("llama", ""));
        assert_eq!((spelled("gsk_secret"), spelled("=gsk_secret"), spelled("")), (None, None, None));
    }
}
