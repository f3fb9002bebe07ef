//! Reading JSON into types that cannot hold anything invalid, with every fault found in one pass.
//!
//! A type that stands in a body implements [`FromJson`]: it reads itself and describes itself, so that what is
//! accepted and what `/openapi.json` shows cannot drift apart. Bodies are declared with [`body!`](crate::body).
//!
//! Why not a derive of another crate: the contract's rules (null is the same as a field left out, text is trimmed
//! before it is measured, `7.0` is no integer) would each need a wrapper anyway, and these few lines are
//! all that remains after that.

mod macros;
mod values;

use serde::Serialize;
use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{RefOr, schema::Schema},
};

pub use values::{Flag, Fraction, Id, List, Moment, Patch, Secret, Text, Whole};

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// Where: `body`, `query` or `header`, then the names and indexes that lead to the value.
    #[schema(inline, example = json!(["body", "age"]))]
    pub loc: Vec<Step>,
    /// What is wrong, in words.
    #[schema(example = "must be between 4 and 120")]
    pub msg: String,
    /// What is wrong, for programs.
    #[serde(rename = "type")]
    #[schema(example = "out_of_range")]
    pub kind: &'static str,
}

/// One step of the way to a value: a name or an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Step {
    /// A field, or where the value came from.
    Name(&'static str),
    /// A position in a list, from 0.
    Index(usize),
}

impl Fault {
    /// A fault at `loc`.
    #[must_use]
    pub fn new(loc: Vec<Step>, kind: &'static str, msg: impl Into<String>) -> Self {
        Self { loc, msg: msg.into(), kind }
    }

    /// The place in words: `body.transcript.3.content`.
    pub(crate) fn place(&self) -> String {
        let steps = self.loc.iter().map(|step| match step {
            Step::Name(name) => (*name).to_owned(),
            Step::Index(index) => index.to_string(),
        });
        steps.collect::<Vec<_>>().join(".")
    }
}

/// Collects faults, and knows where in the request it is.
#[derive(Debug)]
pub struct Reader {
    way: Vec<Step>,
    faults: Vec<Fault>,
}

/// More faults than this are not listed: a hostile body could hold a hundred thousand. The largest honest body has 603
/// values that may each be wrong (a placement with 200 turns).
const MOST_FAULTS: usize = 1000;

impl Reader {
    /// A reader that stands at `source`: `body`, `query` or `header`.
    #[must_use]
    pub fn new(source: &'static str) -> Self {
        Self { way: vec![Step::Name(source)], faults: Vec::new() }
    }

    /// Notes a fault at the present place. Always none, so that a reading can end with it.
    pub fn fault<T>(&mut self, kind: &'static str, msg: impl Into<String>) -> Option<T> {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(Fault::new(self.way.clone(), kind, msg));
        }
        None
    }

    /// Reads something one step further in.
    pub fn at<T>(&mut self, step: Step, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.way.push(step);
        let value = read(self);
        self.way.pop();
        value
    }

    /// Reads a field of an object. Null is the same as a field left out.
    pub fn field<T: FromJson>(
        &mut self,
        object: &mut serde_json::Map<String, Value>,
        name: &'static str,
    ) -> Option<T> {
        let value = object.remove(name);
        self.at(Step::Name(name), |reader| match value {
            Some(Value::Null) => {
                T::from_null().or_else(|| reader.fault("missing", "is required and must not be null"))
            }
            None => T::from_nothing().or_else(|| reader.fault("missing", "is required")),
            Some(value) => T::from_json(value, reader),
        })
    }

    /// Everything that was wrong.
    #[must_use]
    pub fn into_faults(self) -> Vec<Fault> {
        self.faults
    }
}

/// A value that can stand in a request's JSON.
pub trait FromJson: Sized {
    /// Reads the value, or notes what is wrong with it.
    fn from_json(value: Value, reader: &mut Reader) -> Option<Self>;

    /// What a field left out stands for; none where it is required.
    #[must_use]
    fn from_nothing() -> Option<Self> {
        None
    }

    /// What null stands for: the same as a field left out, except where null clears.
    #[must_use]
    fn from_null() -> Option<Self> {
        Self::from_nothing()
    }

    /// Whether the value stands for nothing, and so is left out when it is written again.
    fn omitted(&self) -> bool {
        false
    }

    /// Whether the field must be there.
    const REQUIRED: bool = true;

    /// The value's schema, as the documentation shows it.
    fn schema() -> RefOr<Schema>;

    /// Adds the named schemas that [`FromJson::schema`] refers to.
    fn add_schemas(_: &mut Vec<(String, RefOr<Schema>)>) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_body_gets_no_more_faults_than_an_honest_one_could_have() {
        let mut reader = Reader::new("body");
        let texts: Vec<Value> = (0..100_000).map(Value::from).collect();
        assert!(List::<Text<1, 10>, 0, 100_000>::from_json(texts.into(), &mut reader).is_none());
        let faults = reader.into_faults();
        assert_eq!(faults.len(), MOST_FAULTS);
        assert_eq!(faults.last().map(Fault::place).as_deref(), Some("body.999"));
    }
}
