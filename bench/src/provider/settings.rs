//! How the provider behaves, as words of a command line.

use std::{path::PathBuf, time::Duration};

use crate::score::Mood;

/// How the provider behaves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// From a call to its first words.
    pub(crate) delay: Duration,
    /// So many calls wait for each other first.
    pub(crate) hold: usize,
    /// What lies between the first words of two calls.
    pub(crate) apart: Duration,
    /// After so many calls without a hold, the delay begins anew.
    pub(crate) spread: usize,
    /// A folder with `server.pem` and `server.key`: TLS and HTTP/2.
    pub(crate) tls: Option<PathBuf>,
    /// Answers with corrections, of this quality.
    pub(crate) mood: Option<Mood>,
}

impl Settings {
    /// Reads `name=value` words.
    pub(crate) fn read(words: &[&str]) -> Self {
        let mut settings = Self::default();
        for word in words {
            let (name, value) = word.split_once('=').expect("name=value");
            let number = || value.parse::<u64>().expect("a whole number");
            match name {
                "delay-ms" => settings.delay = Duration::from_millis(number()),
                "hold" => settings.hold = usize::try_from(number()).expect("a small number"),
                "apart-us" => settings.apart = Duration::from_micros(number()),
                "spread" => settings.spread = usize::try_from(number()).expect("a small number"),
                "tls" => settings.tls = Some(value.into()),
                "mood" => settings.mood = Some(Mood::named(value).expect("perfect, silent or eager")),
                _ => panic!("a provider has no setting {name}"),
            }
        }
        settings
    }
}
