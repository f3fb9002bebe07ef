//! The values that bodies are made of. Whoever holds one knows that it keeps its limits.

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use utoipa::openapi::{
    RefOr,
    schema::{ArrayBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type},
};
use uuid::Uuid;

use super::{FromJson, Reader, Step};

/// Text of `MIN` to `MAX` characters (code points) after leading and trailing white space is taken off; no NUL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Text<const MIN: usize, const MAX: usize>(String);

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, taken out.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MIN: usize, const MAX: usize> FromJson for Text<MIN, MAX> {
    fn from_json(value: Value, reader: &mut Reader) -> Option<Self> {
        let Value::String(text) = value else { return reader.fault("string_type", "must be text") };
        let trimmed = text.trim();
        let text = if trimmed.len() == text.len() { text } else { trimmed.to_owned() };
        measured(text, MIN, MAX, reader).map(Self)
    }

    fn schema() -> RefOr<Schema> {
        // What is left of white space when it is taken off is nothing.
        text_schema(MIN, MAX, if MIN > 0 { r"^[^\u0000]*[^\s\u0000][^\u0000]*$" } else { ANY_TEXT })
    }
}

/// A secret of `MIN` to `MAX` characters, taken as it is: not trimmed, and not shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Secret<const MIN: usize, const MAX: usize>(String);

impl<const MIN: usize, const MAX: usize> Secret<MIN, MAX> {
    /// The secret itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl<const MIN: usize, const MAX: usize> std::fmt::Debug for Secret<MIN, MAX> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret")
    }
}

impl<const MIN: usize, const MAX: usize> FromJson for Secret<MIN, MAX> {
    fn from_json(value: Value, reader: &mut Reader) -> Option<Self> {
        let Value::String(text) = value else { return reader.fault("string_type", "must be text") };
        measured(text, MIN, MAX, reader).map(Self)
    }

    fn schema() -> RefOr<Schema> {
        text_schema(MIN, MAX, ANY_TEXT)
    }
}

fn measured(text: String, least: usize, most: usize, reader: &mut Reader) -> Option<String> {
    if text.contains('\0') {
        return reader.fault("string_nul", "must not hold the character NUL (U+0000)");
    }
    let characters = text.chars().count();
    if characters < least {
        let unit = if least == 1 { "character" } else { "characters" };
        return reader.fault("string_too_short", format!("must have at least {least} {unit}"));
    }
    if characters > most {
        return reader.fault("string_too_long", format!("must have at most {most} characters"));
    }
    Some(text)
}

/// Anything but NUL.
const ANY_TEXT: &str = r"^[^\u0000]*$";

fn text_schema(least: usize, most: usize, pattern: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(pattern))
        .min_length(Some(least))
        .max_length(Some(most))
        .build()
        .into()
}

/// A whole number from `MIN` to `MAX`. `7.0` is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Whole<const MIN: i32, const MAX: i32>(i32);

impl<const MIN: i32, const MAX: i32> Whole<MIN, MAX> {
    /// The number.
    #[must_use]
    pub fn get(self) -> i32 {
        self.0
    }
}

impl<const MIN: i32, const MAX: i32> FromJson for Whole<MIN, MAX> {
    fn from_json(value: Value, reader: &mut Reader) -> Option<Self> {
        let number = match &value {
            Value::Number(number) if !number.is_f64() => number,
            _ => return reader.fault("int_type", "must be a whole number"),
        };
        number
            .as_i64()
            .and_then(|number| i32::try_from(number).ok())
            .filter(|number| (MIN..=MAX).contains(number))
            .map_or_else(
                || reader.fault("out_of_range", format!("must be between {MIN} and {MAX}")),
                |number| Some(Self(number)),
            )
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
            .minimum(Some(f64::from(MIN)))
            .maximum(Some(f64::from(MAX)))
            .build()
            .into()
    }
}

/// A number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Fraction(f64);

impl Fraction {
    /// The number.
    #[must_use]
    pub fn get(self) -> f64 {
        self.0
    }
}

impl FromJson for Fraction {
    fn from_json(value: Value, reader: &mut Reader) -> Option<Self> {
        let Value::Number(number) = value else { return reader.fault("number_type", "must be a number") };
        match number.as_f64() {
            // Adding 0 makes -0.0 the 0.0 it equals.
            Some(number) if (0.0..=1.0).contains(&number) => Some(Self(number + 0.0)),
            _ => reader.fault("out_of_range", "must be between 0 and 1"),
        }
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Number).minimum(Some(0.0)).maximum(Some(1.0)).build().into()
    }
}

/// True or false; `1` is neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Flag(pub bool);

impl FromJson for Flag {
    fn from_json(value: Value, reader: &mut Reader) -> Option<Self> {
        value.as_bool().map(Self).or_else(|| reader.fault("bool_type", "must be true or false"))
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Boolean).build().into()
    }
}

/// A UUID in any of its spellings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Id(pub Uuid);

impl FromJson for Id {
    fn from_json(value: Value, reader: &mut Reader) -> Option<Self> {
        value
            .as_str()
            .and_then(|text| Uuid::try_parse(text).ok())
            .map(Self)
            .or_else(|| reader.fault("uuid_parsing", "must be a UUID"))
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
            .build()
            .into()
    }
}

/// A moment, in RFC 3339 with any offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

/// The beginning of the year 0 in UTC.
const FIRST_MOMENT: Timestamp = Timestamp::constant(-62_167_219_200, 0);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        crate::http::json::moment::serialize(&self.0, serializer)
    }
}

impl FromJson for Moment {
    fn from_json(value: Value, reader: &mut Reader) -> Option<Self> {
        value
            .as_str()
            // jiff also takes spaces, missing seconds and annotations in brackets, which RFC 3339 does not know.
            .filter(|text| is_rfc_3339(text))
            .and_then(|text| text.parse::<Timestamp>().ok())
            // In UTC it may lie in a year that RFC 3339 cannot write.
            .filter(|at| *at >= FIRST_MOMENT)
            .map(Self)
            .or_else(|| {
                reader.fault("datetime_parsing", "must be a time such as 2026-11-22T10:00:00Z (RFC 3339)")
            })
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .build()
            .into()
    }
}

/// `YYYY-MM-DDTHH:MM:SS[.f…](Z|±HH:MM)`, with `T` and `Z` in either case.
fn is_rfc_3339(text: &str) -> bool {
    let fits = |text: &[u8], pattern: &[u8]| {
        text.len() == pattern.len()
            && text.iter().zip(pattern).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                wanted => byte.eq_ignore_ascii_case(wanted),
            })
    };
    let Some((start, rest)) = text.as_bytes().split_at_checked(19) else { return false };
    let offset = match rest.strip_prefix(b".") {
        Some(fraction) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return false;
            }
            fraction.get(digits..).unwrap_or_default()
        }
        None => rest,
    };
    let is_offset = (fits(offset, b"+00:00") || fits(offset, b"-00:00"))
        // jiff knows offsets of more than a day, RFC 3339 does not.
        && offset.get(1..3).is_some_and(|hours| hours < b"24".as_slice());
    fits(start, b"0000-00-00T00:00:00") && (fits(offset, b"Z") || is_offset)
}

/// A list of `MIN` to `MAX` values.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct List<T, const MIN: usize, const MAX: usize>(pub Vec<T>);

impl<T: FromJson, const MIN: usize, const MAX: usize> FromJson for List<T, MIN, MAX> {
    fn from_json(value: Value, reader: &mut Reader) -> Option<Self> {
        let Value::Array(values) = value else { return reader.fault("list_type", "must be a list") };
        let count = values.len();
        if count < MIN {
            return reader.fault("too_short", format!("must have at least {MIN} entries"));
        }
        if count > MAX {
            return reader.fault("too_long", format!("must have at most {MAX} entries"));
        }
        // Every entry is read, also after a bad one.
        let read: Vec<T> = values
            .into_iter()
            .enumerate()
            .filter_map(|(index, value)| reader.at(Step::Index(index), |reader| T::from_json(value, reader)))
            .collect();
        (read.len() == count).then_some(Self(read))
    }

    fn schema() -> RefOr<Schema> {
        let list = ArrayBuilder::new().items(T::schema()).max_items(Some(MAX));
        if MIN > 0 { list.min_items(Some(MIN)) } else { list }.build().into()
    }

    fn add_schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::add_schemas(schemas);
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(value: Value, reader: &mut Reader) -> Option<Self> {
        T::from_json(value, reader).map(Some)
    }

    fn from_nothing() -> Option<Self> {
        Some(None)
    }

    fn omitted(&self) -> bool {
        self.is_none()
    }

    const REQUIRED: bool = false;

    fn schema() -> RefOr<Schema> {
        crate::http::openapi::or_null(T::schema())
    }

    fn add_schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::add_schemas(schemas);
    }
}

/// A field that can be left alone, cleared with null, or set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Patch<T> {
    /// The field was left out.
    Keep,
    /// The field was null.
    Clear,
    /// The field has a new value.
    Set(T),
}

impl<T> Patch<T> {
    /// Whether the field changes.
    pub fn changes(&self) -> bool {
        !matches!(self, Self::Keep)
    }

    /// The new value, if one is set.
    pub fn value(&self) -> Option<&T> {
        if let Self::Set(value) = self { Some(value) } else { None }
    }
}

impl<T: FromJson> FromJson for Patch<T> {
    fn from_json(value: Value, reader: &mut Reader) -> Option<Self> {
        T::from_json(value, reader).map(Self::Set)
    }

    fn from_nothing() -> Option<Self> {
        Some(Self::Keep)
    }

    fn from_null() -> Option<Self> {
        Some(Self::Clear)
    }

    fn omitted(&self) -> bool {
        !self.changes()
    }

    const REQUIRED: bool = false;

    fn schema() -> RefOr<Schema> {
        crate::http::openapi::or_null(T::schema())
    }

    fn add_schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        T::add_schemas(schemas);
    }
}
