//! The last touches to the document: what holds for every endpoint is said once, here, and not in 23 attributes.

use utoipa::openapi::{
    Header, OpenApi, Ref, RefOr, Required,
    header::HeaderBuilder,
    path::{Operation, ParameterIn},
    response::Response,
    schema::{ArrayItems, Components, ObjectBuilder, Schema, SchemaType, Type},
};

/// What utoipa calls a page of `T` begins with this; clients should find `TPage`.
const PAGE: &str = "Page_";

/// The document with its last touches.
#[must_use]
pub fn finished(mut document: OpenApi) -> OpenApi {
    let components = document.components.get_or_insert_default();
    rename_pages(components);
    for schema in components.schemas.values_mut() {
        always_there(schema);
    }
    let optional_bodies: Vec<String> = optional_objects(components);
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post, &mut item.put].into_iter().flatten() {
            finish_operation(operation, &optional_bodies);
        }
    }
    document
}

fn rename_pages(components: &mut Components) {
    let pages: Vec<String> =
        components.schemas.keys().filter(|name| name.starts_with(PAGE)).cloned().collect();
    for old in pages {
        let (Some(mut page), row) = (components.schemas.remove(&old), &old[PAGE.len()..]) else { continue };
        if let RefOr::T(Schema::Object(object)) = &mut page
            && let Some(RefOr::T(Schema::Array(items))) = object.properties.get_mut("items")
        {
            items.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(row).into()));
        }
        components.schemas.insert(format!("{row}Page"), page);
    }
}

/// An answer always has all of its fields, null or not. Requests are told by their examples; the fields that an answer
/// does leave out are of the kind that may be absent but not null.
fn always_there(schema: &mut RefOr<Schema>) {
    let object = match schema {
        RefOr::T(Schema::Object(object)) => object,
        RefOr::T(Schema::AllOf(parts)) => return parts.items.iter_mut().for_each(always_there),
        _ => return,
    };
    if !object.examples.is_empty() {
        return;
    }
    let nullable = object.properties.iter().filter(|(_, schema)| allows_null(schema)).map(|(name, _)| name);
    let missing: Vec<String> = nullable.filter(|name| !object.required.contains(name)).cloned().collect();
    object.required.extend(missing);
}

fn allows_null(schema: &RefOr<Schema>) -> bool {
    let is_null = |kind: &SchemaType| match kind {
        SchemaType::Type(kind) => *kind == Type::Null,
        SchemaType::Array(kinds) => kinds.contains(&Type::Null),
        SchemaType::AnyValue => true,
    };
    match schema {
        RefOr::T(Schema::Object(object)) => is_null(&object.schema_type),
        RefOr::T(Schema::Array(array)) => is_null(&array.schema_type),
        RefOr::T(Schema::OneOf(either)) => either.items.iter().any(allows_null),
        RefOr::T(Schema::AnyOf(either)) => either.items.iter().any(allows_null),
        _ => false,
    }
}

/// The references to objects of which nothing is required: as a body they may be left out.
fn optional_objects(components: &Components) -> Vec<String> {
    let optional = components.schemas.iter().filter(|(_, schema)| match schema {
        RefOr::T(Schema::Object(object)) => object.required.is_empty(),
        _ => false,
    });
    optional.map(|(name, _)| Ref::from_schema_name(name).ref_location).collect()
}

fn finish_operation(operation: &mut Operation, optional_bodies: &[String]) {
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        let may_be_left_out = body.content.values().any(|content| match content {
            RefOr::T(content) => matches!(&content.schema, Some(RefOr::Ref(schema)) if optional_bodies.contains(&schema.ref_location)),
            RefOr::Ref(_) => false,
        });
        body.required = Some(if may_be_left_out { Required::False } else { Required::True });
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema else { continue };
        // A header or a query parameter is there or not; it is never null.
        if let SchemaType::Array(kinds) = &object.schema_type
            && let Some(kind) = kinds.iter().find(|kind| **kind != Type::Null)
        {
            object.schema_type = SchemaType::Type(kind.clone());
        }
        if parameter.parameter_in == ParameterIn::Query
            && object.schema_type == SchemaType::Type(Type::String)
        {
            object.min_length = Some(1);
        }
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            finish_response(response);
        }
    }
}

fn finish_response(response: &mut Response) {
    for content in response.content.values_mut() {
        if let RefOr::T(content) = content
            && let Some(RefOr::Ref(schema)) = &mut content.schema
            && let Some((start, row)) = schema.ref_location.split_once(PAGE)
        {
            schema.ref_location = format!("{start}{row}Page");
        }
    }
    for (name, description) in [
        ("x-request-id", "The request's own id if it had a good one, else a new one."),
        ("server-timing", "Where the time went, in milliseconds: total, db, llm."),
    ] {
        response.headers.insert(name.to_owned(), RefOr::T(text_header(description)));
    }
}

fn text_header(description: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
        .description(Some(description))
        .build()
}
