//! What the student said, and how it is said.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::{
    RefOr,
    schema::{ObjectBuilder, Schema, Type},
};

use crate::{
    body,
    http::parse::{FromJson, Reader, Text},
};

crate::choice! {
    /// What kind of thing a correction is about.
    pub enum Category {
        /// Tenses, articles, word order.
        Grammar = "grammar",
        /// Words.
        Vocab = "vocab",
        /// How natural and connected it sounds.
        Fluency = "fluency",
        /// Letters.
        Spelling = "spelling",
        /// Sounds.
        Pronunciation = "pronunciation",
    }
}

body! {
    /// What the student said, and how it is said.
    #[example(serde_json::json!({
        "original": "I go to school yesterday", "corrected": "I went to school yesterday",
        "explanation": "Yesterday is past, so: went.", "category": "grammar", "type": "VERB:TENSE"
    }))]
    pub struct Correction {
        /// The student's own words.
        pub original: Text<1, 500>,
        /// The same, said well.
        pub corrected: Text<1, 500>,
        /// Why, in words that the student understands.
        pub explanation: Option<Text<1, 1000>>,
        /// What it is about.
        pub category: Category,
        /// An ERRANT code, such as VERB:TENSE.
        #[name("type")] pub kind: Option<ErrantType>,
    }
}

/// An ERRANT error type: 1 to 30 of `A-Z` and `:` (Bryant, Felice and Briscoe, 2017).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ErrantType(String);

impl FromJson for ErrantType {
    fn from_json(value: Value, reader: &mut Reader) -> Option<Self> {
        let text = Text::<0, 1000>::from_json(value, reader)?.into_string();
        let fits = (1..=30).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b':');
        if fits {
            Some(Self(text))
        } else {
            reader.fault("string_pattern_mismatch", "must be 1 to 30 of A-Z and :")
        }
    }

    fn schema() -> RefOr<Schema> {
        utoipa::openapi::Ref::from_schema_name("ErrantType").into()
    }

    fn add_schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        let schema = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("An ERRANT error type, such as VERB:TENSE."))
            .pattern(Some("^[A-Z:]+$"))
            .min_length(Some(1))
            .max_length(Some(30))
            .build();
        schemas.push(("ErrantType".to_owned(), schema.into()));
    }
}

/// How many corrections of each category there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CorrectionCounts {
    /// See [`Category::Grammar`].
    #[schema(minimum = 0)]
    pub grammar: i64,
    /// See [`Category::Vocab`].
    #[schema(minimum = 0)]
    pub vocab: i64,
    /// See [`Category::Fluency`].
    #[schema(minimum = 0)]
    pub fluency: i64,
    /// See [`Category::Spelling`].
    #[schema(minimum = 0)]
    pub spelling: i64,
    /// See [`Category::Pronunciation`].
    #[schema(minimum = 0)]
    pub pronunciation: i64,
}

impl CorrectionCounts {
    /// Counts corrections by their categories.
    pub fn of(categories: impl IntoIterator<Item = Category>) -> Self {
        let mut counts = Self::default();
        for category in categories {
            counts.add(category);
        }
        counts
    }

    /// One more of a category.
    pub fn add(&mut self, category: Category) {
        *self.of_category(category) += 1;
    }

    fn of_category(&mut self, category: Category) -> &mut i64 {
        match category {
            Category::Grammar => &mut self.grammar,
            Category::Vocab => &mut self.vocab,
            Category::Fluency => &mut self.fluency,
            Category::Spelling => &mut self.spelling,
            Category::Pronunciation => &mut self.pronunciation,
        }
    }
}
