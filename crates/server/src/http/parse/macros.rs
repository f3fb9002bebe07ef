//! The two declarations that request types are made of: [`body!`](crate::body) and [`choice!`](crate::choice).

/// Declares a request body (or an object within one): a struct whose fields read themselves.
///
/// The struct gets [`FromJson`](crate::http::parse::FromJson) and `utoipa::ToSchema` from the same field list, and
/// `Serialize`, by which an idempotency key compares what the server understood.
#[macro_export]
macro_rules! body {
    (
        $(#[doc = $doc:literal])+
        #[example($example:expr)]
        pub struct $name:ident {
            $( $(#[doc = $field_doc:literal])+ $(#[name($as:literal)])? pub $field:ident: $type:ty, )*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, serde::Serialize)]
        pub struct $name {
            $(
                $(#[doc = $field_doc])+
                $(#[serde(rename = $as)])?
                #[serde(skip_serializing_if = "crate::http::parse::FromJson::omitted")]
                pub $field: $type,
            )*
        }

        impl $crate::http::parse::FromJson for $name {
            fn from_json(value: serde_json::Value, reader: &mut $crate::http::parse::Reader) -> Option<Self> {
                let serde_json::Value::Object(mut object) = value else {
                    return reader.fault("object_type", "must be an object");
                };
                // All fields are read before any of them can fail: every fault is told at once.
                $( let $field = reader.field::<$type>(&mut object, $crate::field_name!($field $($as)?)); )*
                drop(object);
                Some(Self { $( $field: $field?, )* })
            }

            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::Ref::from_schema_name(stringify!($name)).into()
            }

            fn add_schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>) {
                schemas.push((stringify!($name).to_owned(), <Self as utoipa::PartialSchema>::schema()));
                $( <$type as $crate::http::parse::FromJson>::add_schemas(schemas); )*
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                #[allow(unused_mut, reason = "a body may have no required field")]
                let mut object = utoipa::openapi::ObjectBuilder::new()
                    .description(Some([$($doc),+].join("\n").trim().to_owned()))
                    .examples([$example]);
                $(
                    object = object.property(
                        $crate::field_name!($field $($as)?),
                        $crate::http::openapi::described(
                            <$type as $crate::http::parse::FromJson>::schema(),
                            &[$($field_doc),+].join("\n"),
                        ),
                    );
                    if <$type as $crate::http::parse::FromJson>::REQUIRED {
                        object = object.required($crate::field_name!($field $($as)?));
                    }
                )*
                object.build().into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>) {
                $( <$type as $crate::http::parse::FromJson>::add_schemas(schemas); )*
            }
        }
    };
}

/// A field's name on the wire: its own, or another where that is a Rust keyword.
#[doc(hidden)]
#[macro_export]
macro_rules! field_name {
    ($field:ident $as:literal) => {
        $as
    };
    ($field:ident) => {
        stringify!($field)
    };
}

/// Declares a closed list of words, such as the CEFR levels.
#[macro_export]
macro_rules! choice {
    (
        $(#[doc = $doc:literal])+
        pub enum $name:ident { $( $(#[doc = $variant_doc:literal])+ $variant:ident = $word:literal, )+ }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $( $(#[doc = $variant_doc])+ #[serde(rename = $word)] $variant, )+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire and in the database.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }

            /// The choice that `word` names.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $( $word => Some(Self::$variant), )+ _ => None }
            }
        }

        // Not derived: the derive does not see a `rename` that comes out of a macro, and would show Rust's names.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(concat!($($doc),+).trim()))
                    .enum_values(Some([$($word),+]))
                    .build()
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }

        impl $crate::http::parse::FromJson for $name {
            fn from_json(value: serde_json::Value, reader: &mut $crate::http::parse::Reader) -> Option<Self> {
                value.as_str().and_then(Self::from_word).or_else(|| {
                    reader.fault("enum", concat!("must be one of", $(" ", $word),+))
                })
            }

            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::Ref::from_schema_name(stringify!($name)).into()
            }

            fn add_schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>) {
                schemas.push((stringify!($name).to_owned(), <Self as utoipa::PartialSchema>::schema()));
            }
        }
    };
}
