//! The price file, and what the instances can do.

use std::collections::HashMap;

const FILE: &str = include_str!("prices.txt");
/// Of an instance's cores, what may be busy at the busiest hour.
const BUSY: f64 = 0.7;
/// Of what is stored, the part that should fit into memory beside 1 GiB for the programs: the talk of the last days.
const HOT: f64 = 0.02;

/// Everything in the price file.
#[derive(Debug)]
pub(super) struct Prices {
    of: HashMap<&'static str, f64>,
    /// The day of the file.
    pub(super) as_of: &'static str,
    /// Where its prices come from.
    pub(super) source: String,
}

impl Prices {
    pub(super) fn read() -> Result<Self, String> {
        let mut of = HashMap::new();
        for line in FILE.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            let mut words = line.split_whitespace();
            let price = words.next().zip(words.next().and_then(|price| price.parse::<f64>().ok()));
            let (name, price) = price.ok_or_else(|| format!("The price file has a bad line: {line}"))?;
            of.insert(name, price);
        }
        let note = |name: &str| FILE.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        let source: Vec<&str> = FILE
            .lines()
            .skip_while(|line| !line.starts_with("# source: "))
            .take_while(|line| line.starts_with("# "))
            .map(|line| line.trim_start_matches("# source: ").trim_start_matches("# "))
            .collect();
        Ok(Self { of, as_of: note("# as of: "), source: source.join(" ") })
    }

    pub(super) fn of(&self, name: &str) -> Result<f64, String> {
        self.of.get(name).copied().ok_or_else(|| format!("The price file has no price of {name}."))
    }
}

/// A machine to rent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instance {
    pub(super) name: &'static str,
    cores: f64,
    /// What it may use for good, without buying credits.
    pub(super) sustained_cores: f64,
    memory_gb: f64,
}

const fn instance(name: &'static str, cores: f64, sustained_cores: f64, memory_gb: f64) -> Instance {
    Instance { name, cores, sustained_cores, memory_gb }
}

const LARGEST: Instance = instance("t3.2xlarge", 8.0, 3.2, 32.0);
const SMALLER: [Instance; 5] = [
    instance("t3.micro", 2.0, 0.2, 1.0),
    instance("t3.small", 2.0, 0.4, 2.0),
    instance("t3.medium", 2.0, 0.4, 4.0),
    instance("t3.large", 2.0, 0.6, 8.0),
    instance("t3.xlarge", 4.0, 1.6, 16.0),
];

/// The smallest that can do it.
pub(super) fn smallest(cores_busy: f64, stored_gb: f64) -> Instance {
    let enough = |instance: &&Instance| {
        instance.cores * BUSY >= cores_busy && instance.memory_gb - 0.9 >= HOT * stored_gb
    };
    SMALLER.iter().find(enough).copied().unwrap_or(LARGEST)
}
