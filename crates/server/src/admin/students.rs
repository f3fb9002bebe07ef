//! `GET /admin/students`.

use axum::extract::State;
use ella_sql::{client::Params, queries::students};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    auth::Admin,
    http::{
        ApiError, Json,
        cursor::{Page, Scope},
        json::moment,
        openapi::problems::{Always, ForAdmins, WithQuery},
        parse::{FromJson, Reader, Step, Text},
        query::{QueryString, invalid, read_limit, read_position},
    },
    levels::CefrLevel,
};

crate::choice! {
    /// In which order students are listed.
    pub enum StudentOrder {
        /// The newest first.
        Joined = "joined",
        /// By name without its accents, the nameless last.
        Name = "name",
        /// By level, A1 first and those without a placement last.
        Level = "level",
        /// Who was active last, first.
        Active = "active",
    }
}

/// A student in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct StudentSummary {
    id: Uuid,
    #[schema(example = "Ana", min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(example = 12, minimum = 4, maximum = 120)]
    age: Option<i16>,
    /// Null before a placement.
    #[schema(value_type = Option<CefrLevel>)]
    cefr_level: Option<String>,
    #[serde(serialize_with = "moment::serialize")]
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// The UTC day on which the student last started a conversation or said something.
    #[schema(value_type = Option<String>, format = Date, example = "2026-11-22")]
    last_active_on: Option<Date>,
    /// Active ones included.
    #[schema(minimum = 0)]
    conversations: i64,
    /// Of completed conversations.
    #[schema(minimum = 0)]
    speaking_time_seconds: i64,
    /// The student's own.
    #[schema(minimum = 0)]
    words_spoken: i64,
}

/// List the students.
#[utoipa::path(
    get, path = "/admin/students", tag = "Classroom dashboard", security(("admin" = [])),
    params(
        ("search" = Option<String>, Query, min_length = 1, max_length = 100, example = "ana",
            description = "Only those with this in their name, whatever its case and accents, or at the beginning of their id."),
        ("sort" = Option<StudentOrder>, Query, description = "The order; joined if left out."),
        ("limit" = Option<i32>, Query, minimum = 1, maximum = 100, description = "Rows on the page; 20 if left out."),
        ("cursor" = Option<String>, Query, description = "The next_cursor of the page before."),
    ),
    responses((status = 200, description = "A page.", body = Page<StudentSummary>), ForAdmins, WithQuery, Always)
)]
pub async fn list_students(
    State(app): State<App>,
    _: Admin,
    query: QueryString,
) -> Result<Json<Page<StudentSummary>>, ApiError> {
    let mut reader = Reader::new("query");
    let search = reader.at(Step::Name("search"), |reader| match query.get("search") {
        None => Some(String::new()),
        Some(text) => {
            Text::<1, 100>::from_json(Value::String(text.to_owned()), reader).map(Text::into_string)
        }
    });
    let order = reader.at(Step::Name("sort"), |reader| match query.get("sort") {
        None => Some(StudentOrder::Joined),
        Some(word) => StudentOrder::from_word(word)
            .or_else(|| reader.fault("enum", "must be one of joined name level active")),
    });
    let limit = read_limit(&query, &mut reader);
    // A cursor belongs to one search in one order.
    let filter =
        format!("{} {}", order.map_or("", StudentOrder::word), search.as_deref().unwrap_or_default());
    let scope = Scope { list: "students", filter: &filter, owner: &[] };
    let after = read_position(&query, &mut reader, |cursor| app.cursors.open_any(scope, cursor));
    let (Some(search), Some(order), Some(limit), Some(after)) = (search, order, limit, after) else {
        return Err(invalid(reader));
    };
    let (after_id, after_key) = after.as_deref().and_then(position).unwrap_or((Uuid::nil(), ""));
    let params = students::StudentsParams {
        sort: order.word(),
        search: search.as_str(),
        after_key,
        after_id,
        most: i64::try_from(limit + 1).unwrap_or(i64::MAX),
    };
    let params = &params;
    let rows = app
        .database
        .read(|client| async move { students::students().params(&client, params).all().await })
        .await?;
    let page = Page::of(rows, limit, |last| {
        let position = [last.user_id.as_bytes().as_slice(), last.sort_key.as_bytes()].concat();
        app.cursors.seal(scope, &position)
    });
    Ok(Json(Page {
        items: page.items.into_iter().map(StudentSummary::from).collect(),
        next_cursor: page.next_cursor,
    }))
}

/// A position is the last row's id with its place in the order behind it.
fn position(bytes: &[u8]) -> Option<(Uuid, &str)> {
    let (id, key) = bytes.split_at_checked(16)?;
    Some((Uuid::from_slice(id).ok()?, std::str::from_utf8(key).ok()?))
}

impl From<students::StudentRow> for StudentSummary {
    fn from(row: students::StudentRow) -> Self {
        Self {
            id: row.user_id,
            name: row.name,
            age: row.age,
            cefr_level: row.cefr_level,
            created_at: row.created_at,
            last_active_on: row.last_active_on,
            conversations: row.conversations,
            speaking_time_seconds: row.speaking_time_seconds,
            words_spoken: row.words_spoken,
        }
    }
}
