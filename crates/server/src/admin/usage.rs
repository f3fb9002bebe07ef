//! `GET /admin/usage`.

use axum::extract::State;
use ella_sql::{client::Params, queries::students};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    auth::Admin,
    http::{
        ApiError, Json,
        json::moment,
        openapi::problems::{Always, ForAdmins},
    },
    tutor::{BUILT_IN, PREPARED},
};

/// Models in the answer at most: those with the most replies.
const MOST_MODELS: i64 = 100;
/// Hours that are looked back on.
const HOURS: i64 = 24;

/// Which models spoke for Zoe in the last 24 hours, and about what that cost.
#[derive(Debug, Serialize, ToSchema)]
pub struct Usage {
    #[serde(serialize_with = "moment::serialize")]
    #[schema(value_type = String, format = DateTime)]
    as_of: Timestamp,
    #[serde(serialize_with = "moment::serialize")]
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// The one with the most replies first.
    #[schema(max_items = 100)]
    models: Vec<ModelUsage>,
    /// US dollars, over the models whose price is known; stored replies to turns and starters alone.
    #[schema(minimum = 0, example = 1.42)]
    estimated_usd: f64,
    /// Whether the price of every model that was used is known.
    complete: bool,
    prices: PricesUsed,
}

/// Where the prices come from.
#[derive(Debug, Serialize, ToSchema)]
pub struct PricesUsed {
    /// The day of the table that comes with the program.
    #[schema(example = "2026-11-25", format = Date)]
    as_of: &'static str,
    source: &'static str,
}

/// What one model did.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelUsage {
    /// `gemini`, `openai`, `built_in`, or `prepared` for openers that were ready beforehand.
    #[schema(example = "gemini")]
    provider: String,
    #[schema(example = "gemini-3.5-flash-lite")]
    model: String,
    /// Stored replies, starters included; 0 for one that was only asked.
    #[schema(minimum = 0)]
    replies: i64,
    #[schema(minimum = 0)]
    degraded_replies: i64,
    #[schema(minimum = 0)]
    truncated_replies: i64,
    #[schema(minimum = 0)]
    prompt_tokens: i64,
    #[schema(minimum = 0)]
    completion_tokens: i64,
    /// US dollars for a million tokens; null when the price is not known.
    price: Option<TokenPrice>,
    /// US dollars; null when the price is not known.
    #[schema(minimum = 0, example = 1.42)]
    estimated_usd: Option<f64>,
}

/// US dollars for a million tokens.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct TokenPrice {
    #[schema(minimum = 0, example = 0.3)]
    prompt: f64,
    #[schema(minimum = 0, example = 2.5)]
    completion: f64,
}

/// See which models spoke for Zoe, and about what that cost.
#[utoipa::path(
    get, path = "/admin/usage", tag = "Classroom dashboard", security(("admin" = [])),
    responses((status = 200, description = "The last 24 hours.", body = Usage), ForAdmins, Always)
)]
pub async fn usage(State(app): State<App>, _: Admin) -> Result<Json<Usage>, ApiError> {
    let now = app.clock.now();
    let since = now - SignedDuration::from_hours(HOURS);
    let params = students::ModelUsageParams { since, most: MOST_MODELS };
    let rows = app
        .database
        .read(|client| async move { students::model_usage().params(&client, &params).all().await })
        .await?;
    let models: Vec<ModelUsage> = rows.into_iter().map(|row| priced(&app, row)).collect();
    Ok(Json(Usage {
        as_of: now,
        since,
        // The sum of no numbers at all is -0.0, and stays that with nothing added.
        estimated_usd: models.iter().filter_map(|model| model.estimated_usd).fold(0.0, |sum, usd| sum + usd),
        complete: models.iter().all(|model| model.estimated_usd.is_some()),
        models,
        prices: PricesUsed { as_of: app.prices.as_of, source: app.prices.source },
    }))
}

fn priced(app: &App, row: students::ModelUsage) -> ModelUsage {
    // Lines that lie ready cost nothing, whoever says them. Tokens that stand with them are those of models that did not
    // answer, of a time when it was not written down which: they have no known price.
    let lies_ready = [BUILT_IN, PREPARED].contains(&row.provider.as_str());
    let is_free = lies_ready && row.prompt_tokens + row.completion_tokens == 0;
    let price = match app.prices.of(&row.model) {
        _ if is_free => Some(TokenPrice { prompt: 0.0, completion: 0.0 }),
        found => found.map(|price| TokenPrice { prompt: price.prompt, completion: price.completion }),
    };
    let estimated_usd = price.map(|price| {
        (tokens(row.prompt_tokens) * price.prompt + tokens(row.completion_tokens) * price.completion) / 1e6
    });
    ModelUsage {
        provider: row.provider,
        model: row.model,
        replies: row.replies,
        degraded_replies: row.degraded_replies,
        truncated_replies: row.truncated_replies,
        prompt_tokens: row.prompt_tokens,
        completion_tokens: row.completion_tokens,
        price,
        estimated_usd,
    }
}

#[expect(clippy::cast_precision_loss, reason = "an estimate; exact up to 9 quadrillion tokens anyway")]
fn tokens(count: i64) -> f64 {
    count as f64
}
