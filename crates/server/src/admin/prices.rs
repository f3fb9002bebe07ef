//! What a million tokens cost: a small table with its date and source, and what is set in its place.

use std::str::FromStr;

/// The table that comes with the program.
const TABLE: &str = include_str!("prices.txt");

/// A model's price.
#[derive(Clone, Debug, PartialEq)]
pub struct Price {
    /// The model, as `ELLA_LLM` names it.
    pub model: String,
    /// US dollars for a million tokens of prompts.
    pub prompt: f64,
    /// US dollars for a million tokens of completions.
    pub completion: f64,
}

/// The prices in force.
#[derive(Clone, Debug)]
pub struct PriceList {
    prices: Vec<Price>,
    /// The day of the table.
    pub as_of: &'static str,
    /// Where the table comes from.
    pub source: &'static str,
}

impl PriceList {
    /// The program's table, with `set` before it.
    #[must_use]
    pub fn new(set: &[Price]) -> Self {
        let note = |name: &str| TABLE.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        let table = TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
            let mut words = line.split_whitespace();
            let (model, prompt, completion) = (words.next()?, words.next()?, words.next()?);
            Some(Price {
                model: model.to_owned(),
                prompt: prompt.parse().ok()?,
                completion: completion.parse().ok()?,
            })
        });
        Self {
            prices: set.iter().cloned().chain(table).collect(),
            as_of: note("# as of: "),
            source: note("# source: "),
        }
    }

    /// The price of a model.
    #[must_use]
    pub fn of(&self, model: &str) -> Option<&Price> {
        self.prices.iter().find(|price| price.model == model)
    }
}

/// `model=prompt/completion`.
impl FromStr for Price {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number =
            |text: &str| text.trim().parse::<f64>().ok().filter(|price| (0.0..=100_000.0).contains(price));
        let parsed = text.split_once('=').and_then(|(model, prices)| {
            let (prompt, completion) = prices.split_once('/')?;
            let model = model.trim();
            (!model.is_empty()).then_some(())?;
            Some(Self { model: model.to_owned(), prompt: number(prompt)?, completion: number(completion)? })
        });
        parsed.ok_or_else(|| {
            "must be model=prompt/completion in US dollars per million tokens, such as gpt-4.1-mini=0.40/1.60"
                .to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_to_its_last_line_and_what_is_set_comes_first() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        let list = PriceList::new(&[]);
        assert_eq!(list.prices.len(), lines);
        assert!(list.as_of.parse::<jiff::civil::Date>().is_ok() && !list.source.is_empty(), "{list:?}");
        assert_eq!(list.of("gpt-4.1-mini").map(|price| price.completion), Some(1.6));
        assert_eq!(list.of("nobody's"), None);
        let list = PriceList::new(&["gpt-4.1-mini = 1/2".parse().unwrap()]);
        assert_eq!(list.of("gpt-4.1-mini").map(|price| price.completion), Some(2.0));
    }

    #[test]
    fn a_price_that_is_none_is_refused() {
        for bad in ["", "m", "m=1", "=1/2", "m=1/x", "m=-1/2", "m=NaN/1", "m=1/inf"] {
            assert!(bad.parse::<Price>().is_err(), "{bad}");
        }
    }
}
