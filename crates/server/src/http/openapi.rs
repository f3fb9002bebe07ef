//! `/openapi.json`: what the routes say of themselves, with what they all share added.

use utoipa::{
    Modify, OpenApi,
    openapi::{
        Ref, RefOr,
        schema::{AnyOf, Schema, SchemaType, Type},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::error::Problem;

pub mod finish;

/// The document without its paths, which the router adds.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ella",
        description = "The backend of Ella, a voice-first English-learning app, and of Zoe, its AI tutor.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "System", description = "What the server is and how it does."),
        (name = "Authentication", description = "From a device to a student."),
        (name = "Student profiles", description = "Who the student is and what Zoe pays attention to."),
        (name = "Placement screening", description = "Tests that set the student's level."),
        (name = "Conversation sessions", description = "Calls and what was said in them."),
        (name = "Progress", description = "How far the student has come."),
        (name = "Voice AI orchestration", description = "Talking with Zoe."),
        (name = "Classroom dashboard", description = "For teachers and whoever runs the server."),
    ),
    components(schemas(Problem, crate::admin::StudentOrder)),
    modifiers(&SecuritySchemes)
)]
pub struct Document;

/// The two ways to say who is asking.
struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(
            "student",
            SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .bearer_format("JWT")
                    .description(Some("The access token from POST /auth/anonymous."))
                    .build(),
            ),
        );
        components.add_security_scheme(
            "admin",
            SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
                "X-Admin-Key",
                "The admin key of this server.",
            ))),
        );
    }
}

/// The same schema, with null allowed as well.
#[must_use]
pub fn or_null(schema: RefOr<Schema>) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            if let SchemaType::Type(kind) = object.schema_type {
                object.schema_type = SchemaType::from_iter([kind, Type::Null]);
            }
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.schema_type = SchemaType::from_iter([Type::Array, Type::Null]);
            RefOr::T(Schema::Array(array))
        }
        other => {
            let null = utoipa::openapi::schema::ObjectBuilder::new().schema_type(Type::Null).build();
            let mut either = AnyOf::new();
            either.items.push(other);
            either.items.push(RefOr::T(Schema::Object(null)));
            RefOr::T(Schema::AnyOf(either))
        }
    }
}

/// The same schema with a description.
#[must_use]
pub fn described(schema: RefOr<Schema>, description: &str) -> RefOr<Schema> {
    let description = description.trim().to_owned();
    match schema {
        RefOr::Ref(reference) => {
            let mut reference: Ref = reference;
            reference.description = description;
            RefOr::Ref(reference)
        }
        RefOr::T(Schema::Object(mut object)) => {
            object.description = Some(description);
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.description = Some(description);
            RefOr::T(Schema::Array(array))
        }
        RefOr::T(Schema::AnyOf(mut either)) => {
            either.description = Some(description);
            RefOr::T(Schema::AnyOf(either))
        }
        other @ RefOr::T(_) => other,
    }
}

/// The errors that endpoints share, for their documentation.
pub mod problems {
    use utoipa::IntoResponses;

    use super::Problem;

    /// Any request can meet these.
    #[derive(IntoResponses)]
    pub enum Always {
        /// Something went wrong on the server.
        #[response(status = 500, content_type = "application/problem+json")]
        Internal(Problem),
        /// The server or its database cannot take the request now.
        #[response(status = 503, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait.")))]
        Unavailable(Problem),
    }

    /// For a student's requests.
    #[derive(IntoResponses)]
    pub enum ForStudents {
        /// The token is missing, malformed, forged or expired, or its student is no longer there.
        #[response(status = 401, content_type = "application/problem+json",
            headers(("WWW-Authenticate" = String, description = "Bearer")))]
        Unauthorized(Problem),
    }

    /// For an admin's requests.
    #[derive(IntoResponses)]
    pub enum ForAdmins {
        /// The admin key is missing.
        #[response(status = 401, content_type = "application/problem+json")]
        Missing(Problem),
        /// The admin key is wrong, or none is configured.
        #[response(status = 403, content_type = "application/problem+json")]
        Wrong(Problem),
    }

    /// For requests with a body.
    #[derive(IntoResponses)]
    pub enum WithBody {
        /// The body did not arrive in time.
        #[response(status = 408, content_type = "application/problem+json")]
        TooSlow(Problem),
        /// The body is too large.
        #[response(status = 413, content_type = "application/problem+json")]
        TooLarge(Problem),
        /// The body is not announced as JSON.
        #[response(status = 415, content_type = "application/problem+json")]
        UnsupportedMediaType(Problem),
        /// The request is not valid; every fault is listed.
        #[response(status = 422, content_type = "application/problem+json")]
        Invalid(Problem),
    }

    /// For requests with query parameters.
    #[derive(IntoResponses)]
    pub enum WithQuery {
        /// The query is not valid; every fault is listed.
        #[response(status = 422, content_type = "application/problem+json")]
        Invalid(Problem),
    }

    /// For requests that name something by its id.
    #[derive(IntoResponses)]
    pub enum OfSomething {
        /// It is not there, or is someone else's.
        #[response(status = 404, content_type = "application/problem+json")]
        NotFound(Problem),
    }

    /// For requests that the present state may not allow.
    #[derive(IntoResponses)]
    pub enum WithState {
        /// The state does not allow it, or the idempotency key was used with another body.
        #[response(status = 409, content_type = "application/problem+json")]
        Conflict(Problem),
    }
}
