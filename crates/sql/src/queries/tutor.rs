// This file was generated with `cornucopia`. Do not modify.

#[derive(Debug)]
pub struct BeginTurnParams<T1: crate::StringSql, T2: crate::BytesSql, T3: crate::StringSql> {
    pub user_id: uuid::Uuid,
    pub conversation_id: uuid::Uuid,
    pub key: Option<uuid::Uuid>,
    pub path: Option<T1>,
    pub now: jiff::Timestamp,
    pub body_hash: Option<T2>,
    pub claimed_until: Option<jiff::Timestamp>,
    pub message_id: uuid::Uuid,
    pub word_count: i32,
    pub today: jiff::civil::Date,
    pub tts_ms: Option<i32>,
    pub stt_ms: Option<i32>,
    pub content: T3,
}
#[derive(Clone, Copy, Debug)]
pub struct TurnContextParams {
    pub today: jiff::civil::Date,
    pub user_id: uuid::Uuid,
    pub conversation_id: uuid::Uuid,
}
#[derive(Clone, Copy, Debug)]
pub struct TurnHistoryParams {
    pub user_id: uuid::Uuid,
    pub conversation_id: uuid::Uuid,
    pub most: i32,
    pub opening: i32,
}
#[derive(Clone, Copy, Debug)]
pub struct MessagePositionParams {
    pub user_id: uuid::Uuid,
    pub conversation_id: uuid::Uuid,
    pub id: uuid::Uuid,
}
#[derive(Debug)]
pub struct FinishTurnParams<
    T1: crate::JsonSql,
    T2: crate::StringSql,
    T3: crate::JsonSql,
    T4: crate::StringSql,
    T5: crate::StringSql,
    T6: crate::StringSql,
    T7: crate::JsonSql,
> {
    pub key: Option<uuid::Uuid>,
    pub user_id: uuid::Uuid,
    pub conversation_id: uuid::Uuid,
    pub response: Option<T1>,
    pub path: Option<T2>,
    pub now: jiff::Timestamp,
    pub corrections_grammar: i32,
    pub corrections_vocab: i32,
    pub corrections_fluency: i32,
    pub answers_position: i32,
    pub id: uuid::Uuid,
    pub corrections: T3,
    pub has_corrections: bool,
    pub today: jiff::civil::Date,
    pub prompt_tokens: Option<i32>,
    pub completion_tokens: Option<i32>,
    pub word_count: i32,
    pub llm_ms: i32,
    pub first_token_ms: i32,
    pub turn_ms: i32,
    pub turn_stt_ms: Option<i32>,
    pub prompt_version: Option<i16>,
    pub degraded: bool,
    pub truncated: bool,
    pub provider: T4,
    pub model: T5,
    pub content: T6,
    pub attempts: Option<T7>,
}
#[derive(Debug)]
pub struct FinishTurnLateParams<T1: crate::JsonSql> {
    pub corrections: T1,
    pub has_corrections: bool,
    pub user_id: uuid::Uuid,
    pub conversation_id: uuid::Uuid,
    pub answers_position: i32,
    pub corrections_grammar: i32,
    pub corrections_vocab: i32,
    pub corrections_fluency: i32,
    pub reply_id: uuid::Uuid,
    pub prompt_tokens: i32,
    pub completion_tokens: i32,
    pub day: jiff::civil::Date,
}
#[derive(Debug)]
pub struct BeginStarterParams<T1: crate::StringSql, T2: crate::BytesSql> {
    pub user_id: uuid::Uuid,
    pub conversation_id: uuid::Uuid,
    pub key: Option<uuid::Uuid>,
    pub path: Option<T1>,
    pub now: jiff::Timestamp,
    pub body_hash: Option<T2>,
    pub claimed_until: Option<jiff::Timestamp>,
}
#[derive(Debug)]
pub struct FinishStarterParams<
    T1: crate::JsonSql,
    T2: crate::StringSql,
    T3: crate::StringSql,
    T4: crate::StringSql,
    T5: crate::StringSql,
    T6: crate::JsonSql,
> {
    pub key: Option<uuid::Uuid>,
    pub user_id: uuid::Uuid,
    pub conversation_id: uuid::Uuid,
    pub response: Option<T1>,
    pub path: Option<T2>,
    pub now: jiff::Timestamp,
    pub today: jiff::civil::Date,
    pub prompt_tokens: Option<i32>,
    pub completion_tokens: Option<i32>,
    pub word_count: i32,
    pub id: uuid::Uuid,
    pub llm_ms: i32,
    pub first_token_ms: i32,
    pub prompt_version: Option<i16>,
    pub degraded: bool,
    pub truncated: bool,
    pub provider: T3,
    pub model: T4,
    pub content: T5,
    pub attempts: Option<T6>,
}
#[derive(Clone, Copy, Debug)]
pub struct AnalysisParams {
    pub user_id: uuid::Uuid,
    pub conversation_id: uuid::Uuid,
}
#[derive(Clone, Copy, Debug)]
pub struct SpokenMessagesParams {
    pub user_id: uuid::Uuid,
    pub conversation_id: uuid::Uuid,
    pub after: i32,
    pub most: i64,
}
#[derive(Debug)]
pub struct StoreAnalysisParams<T1: crate::JsonSql> {
    pub user_id: uuid::Uuid,
    pub conversation_id: uuid::Uuid,
    pub now: jiff::Timestamp,
    pub up_to_position: i32,
    pub result: T1,
}
#[derive(Debug, Clone, PartialEq)]
pub struct TurnContext {
    pub age: Option<i16>,
    pub cefr_level: Option<String>,
    pub focus_grammar: bool,
    pub focus_vocab: bool,
    pub focus_fluency: bool,
    pub topic: Option<String>,
    pub completed_at: Option<jiff::Timestamp>,
    pub tokens_today: i64,
}
pub struct TurnContextBorrowed<'a> {
    pub age: Option<i16>,
    pub cefr_level: Option<&'a str>,
    pub focus_grammar: bool,
    pub focus_vocab: bool,
    pub focus_fluency: bool,
    pub topic: Option<&'a str>,
    pub completed_at: Option<jiff::Timestamp>,
    pub tokens_today: i64,
}
impl<'a> From<TurnContextBorrowed<'a>> for TurnContext {
    fn from(
        TurnContextBorrowed {
            age,
            cefr_level,
            focus_grammar,
            focus_vocab,
            focus_fluency,
            topic,
            completed_at,
            tokens_today,
        }: TurnContextBorrowed<'a>,
    ) -> Self {
        Self {
            age,
            cefr_level: cefr_level.map(|v| v.into()),
            focus_grammar,
            focus_vocab,
            focus_fluency,
            topic: topic.map(|v| v.into()),
            completed_at,
            tokens_today,
        }
    }
}
#[derive(Debug, Clone, PartialEq)]
pub struct TurnHistory {
    pub position: i32,
    pub by_student: bool,
    pub by_model: bool,
    pub content: String,
    pub canned: bool,
}
pub struct TurnHistoryBorrowed<'a> {
    pub position: i32,
    pub by_student: bool,
    pub by_model: bool,
    pub content: &'a str,
    pub canned: bool,
}
impl<'a> From<TurnHistoryBorrowed<'a>> for TurnHistory {
    fn from(
        TurnHistoryBorrowed {
            position,
            by_student,
            by_model,
            content,
            canned,
        }: TurnHistoryBorrowed<'a>,
    ) -> Self {
        Self {
            position,
            by_student,
            by_model,
            content: content.into(),
            canned,
        }
    }
}
#[derive(Debug, Clone, PartialEq, Copy)]
pub struct MessagePosition {
    pub position: i32,
    pub stt_ms: Option<i32>,
}
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    pub result: serde_json::Value,
    pub is_current: bool,
}
pub struct AnalysisBorrowed<'a> {
    pub result: postgres_types::Json<&'a serde_json::value::RawValue>,
    pub is_current: bool,
}
impl<'a> From<AnalysisBorrowed<'a>> for Analysis {
    fn from(AnalysisBorrowed { result, is_current }: AnalysisBorrowed<'a>) -> Self {
        Self {
            result: serde_json::from_str(result.0.get()).unwrap(),
            is_current,
        }
    }
}
#[derive(Debug, Clone, PartialEq)]
pub struct SpokenMessages {
    pub id: uuid::Uuid,
    pub position: i32,
    pub by_student: bool,
    pub content: String,
    pub corrections: serde_json::Value,
    pub word_count: i32,
    pub canned: bool,
}
pub struct SpokenMessagesBorrowed<'a> {
    pub id: uuid::Uuid,
    pub position: i32,
    pub by_student: bool,
    pub content: &'a str,
    pub corrections: postgres_types::Json<&'a serde_json::value::RawValue>,
    pub word_count: i32,
    pub canned: bool,
}
impl<'a> From<SpokenMessagesBorrowed<'a>> for SpokenMessages {
    fn from(
        SpokenMessagesBorrowed {
            id,
            position,
            by_student,
            content,
            corrections,
            word_count,
            canned,
        }: SpokenMessagesBorrowed<'a>,
    ) -> Self {
        Self {
            id,
            position,
            by_student,
            content: content.into(),
            corrections: serde_json::from_str(corrections.0.get()).unwrap(),
            word_count,
            canned,
        }
    }
}
use crate::client::async_::GenericClient;
use futures::{self, StreamExt, TryStreamExt};
pub struct I32Query<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<i32, tokio_postgres::Error>,
    mapper: fn(i32) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> I32Query<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(i32) -> R) -> I32Query<'c, 'a, 's, C, R, N> {
        I32Query {
            client: self.client,
            params: self.params,
            query: self.query,
            cached: self.cached,
            extractor: self.extractor,
            mapper,
        }
    }
    pub async fn one(self) -> Result<T, tokio_postgres::Error> {
        let row =
            crate::client::async_::one(self.client, self.query, &self.params, self.cached).await?;
        Ok((self.mapper)((self.extractor)(&row)?))
    }
    pub async fn all(self) -> Result<Vec<T>, tokio_postgres::Error> {
        self.iter().await?.try_collect().await
    }
    pub async fn opt(self) -> Result<Option<T>, tokio_postgres::Error> {
        let opt_row =
            crate::client::async_::opt(self.client, self.query, &self.params, self.cached).await?;
        Ok(opt_row
            .map(|row| {
                let extracted = (self.extractor)(&row)?;
                Ok((self.mapper)(extracted))
            })
            .transpose()?)
    }
    pub async fn iter(
        self,
    ) -> Result<
        impl futures::Stream<Item = Result<T, tokio_postgres::Error>> + 'c,
        tokio_postgres::Error,
    > {
        let stream = crate::client::async_::raw(
            self.client,
            self.query,
            crate::slice_iter(&self.params),
            self.cached,
        )
        .await?;
        let mapped = stream
            .map(move |res| {
                res.and_then(|row| {
                    let extracted = (self.extractor)(&row)?;
                    Ok((self.mapper)(extracted))
                })
            })
            .into_stream();
        Ok(mapped)
    }
}
pub struct TurnContextQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<TurnContextBorrowed, tokio_postgres::Error>,
    mapper: fn(TurnContextBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> TurnContextQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(TurnContextBorrowed) -> R,
    ) -> TurnContextQuery<'c, 'a, 's, C, R, N> {
        TurnContextQuery {
            client: self.client,
            params: self.params,
            query: self.query,
            cached: self.cached,
            extractor: self.extractor,
            mapper,
        }
    }
    pub async fn one(self) -> Result<T, tokio_postgres::Error> {
        let row =
            crate::client::async_::one(self.client, self.query, &self.params, self.cached).await?;
        Ok((self.mapper)((self.extractor)(&row)?))
    }
    pub async fn all(self) -> Result<Vec<T>, tokio_postgres::Error> {
        self.iter().await?.try_collect().await
    }
    pub async fn opt(self) -> Result<Option<T>, tokio_postgres::Error> {
        let opt_row =
            crate::client::async_::opt(self.client, self.query, &self.params, self.cached).await?;
        Ok(opt_row
            .map(|row| {
                let extracted = (self.extractor)(&row)?;
                Ok((self.mapper)(extracted))
            })
            .transpose()?)
    }
    pub async fn iter(
        self,
    ) -> Result<
        impl futures::Stream<Item = Result<T, tokio_postgres::Error>> + 'c,
        tokio_postgres::Error,
    > {
        let stream = crate::client::async_::raw(
            self.client,
            self.query,
            crate::slice_iter(&self.params),
            self.cached,
        )
        .await?;
        let mapped = stream
            .map(move |res| {
                res.and_then(|row| {
                    let extracted = (self.extractor)(&row)?;
                    Ok((self.mapper)(extracted))
                })
            })
            .into_stream();
        Ok(mapped)
    }
}
pub struct TurnHistoryQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<TurnHistoryBorrowed, tokio_postgres::Error>,
    mapper: fn(TurnHistoryBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> TurnHistoryQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(TurnHistoryBorrowed) -> R,
    ) -> TurnHistoryQuery<'c, 'a, 's, C, R, N> {
        TurnHistoryQuery {
            client: self.client,
            params: self.params,
            query: self.query,
            cached: self.cached,
            extractor: self.extractor,
            mapper,
        }
    }
    pub async fn one(self) -> Result<T, tokio_postgres::Error> {
        let row =
            crate::client::async_::one(self.client, self.query, &self.params, self.cached).await?;
        Ok((self.mapper)((self.extractor)(&row)?))
    }
    pub async fn all(self) -> Result<Vec<T>, tokio_postgres::Error> {
        self.iter().await?.try_collect().await
    }
    pub async fn opt(self) -> Result<Option<T>, tokio_postgres::Error> {
        let opt_row =
            crate::client::async_::opt(self.client, self.query, &self.params, self.cached).await?;
        Ok(opt_row
            .map(|row| {
                let extracted = (self.extractor)(&row)?;
                Ok((self.mapper)(extracted))
            })
            .transpose()?)
    }
    pub async fn iter(
        self,
    ) -> Result<
        impl futures::Stream<Item = Result<T, tokio_postgres::Error>> + 'c,
        tokio_postgres::Error,
    > {
        let stream = crate::client::async_::raw(
            self.client,
            self.query,
            crate::slice_iter(&self.params),
            self.cached,
        )
        .await?;
        let mapped = stream
            .map(move |res| {
                res.and_then(|row| {
                    let extracted = (self.extractor)(&row)?;
                    Ok((self.mapper)(extracted))
                })
            })
            .into_stream();
        Ok(mapped)
    }
}
pub struct MessagePositionQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<MessagePosition, tokio_postgres::Error>,
    mapper: fn(MessagePosition) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> MessagePositionQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(MessagePosition) -> R,
    ) -> MessagePositionQuery<'c, 'a, 's, C, R, N> {
        MessagePositionQuery {
            client: self.client,
            params: self.params,
            query: self.query,
            cached: self.cached,
            extractor: self.extractor,
            mapper,
        }
    }
    pub async fn one(self) -> Result<T, tokio_postgres::Error> {
        let row =
            crate::client::async_::one(self.client, self.query, &self.params, self.cached).await?;
        Ok((self.mapper)((self.extractor)(&row)?))
    }
    pub async fn all(self) -> Result<Vec<T>, tokio_postgres::Error> {
        self.iter().await?.try_collect().await
    }
    pub async fn opt(self) -> Result<Option<T>, tokio_postgres::Error> {
        let opt_row =
            crate::client::async_::opt(self.client, self.query, &self.params, self.cached).await?;
        Ok(opt_row
            .map(|row| {
                let extracted = (self.extractor)(&row)?;
                Ok((self.mapper)(extracted))
            })
            .transpose()?)
    }
    pub async fn iter(
        self,
    ) -> Result<
        impl futures::Stream<Item = Result<T, tokio_postgres::Error>> + 'c,
        tokio_postgres::Error,
    > {
        let stream = crate::client::async_::raw(
            self.client,
            self.query,
            crate::slice_iter(&self.params),
            self.cached,
        )
        .await?;
        let mapped = stream
            .map(move |res| {
                res.and_then(|row| {
                    let extracted = (self.extractor)(&row)?;
                    Ok((self.mapper)(extracted))
                })
            })
            .into_stream();
        Ok(mapped)
    }
}
pub struct UuidUuidQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<uuid::Uuid, tokio_postgres::Error>,
    mapper: fn(uuid::Uuid) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> UuidUuidQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(uuid::Uuid) -> R) -> UuidUuidQuery<'c, 'a, 's, C, R, N> {
        UuidUuidQuery {
            client: self.client,
            params: self.params,
            query: self.query,
            cached: self.cached,
            extractor: self.extractor,
            mapper,
        }
    }
    pub async fn one(self) -> Result<T, tokio_postgres::Error> {
        let row =
            crate::client::async_::one(self.client, self.query, &self.params, self.cached).await?;
        Ok((self.mapper)((self.extractor)(&row)?))
    }
    pub async fn all(self) -> Result<Vec<T>, tokio_postgres::Error> {
        self.iter().await?.try_collect().await
    }
    pub async fn opt(self) -> Result<Option<T>, tokio_postgres::Error> {
        let opt_row =
            crate::client::async_::opt(self.client, self.query, &self.params, self.cached).await?;
        Ok(opt_row
            .map(|row| {
                let extracted = (self.extractor)(&row)?;
                Ok((self.mapper)(extracted))
            })
            .transpose()?)
    }
    pub async fn iter(
        self,
    ) -> Result<
        impl futures::Stream<Item = Result<T, tokio_postgres::Error>> + 'c,
        tokio_postgres::Error,
    > {
        let stream = crate::client::async_::raw(
            self.client,
            self.query,
            crate::slice_iter(&self.params),
            self.cached,
        )
        .await?;
        let mapped = stream
            .map(move |res| {
                res.and_then(|row| {
                    let extracted = (self.extractor)(&row)?;
                    Ok((self.mapper)(extracted))
                })
            })
            .into_stream();
        Ok(mapped)
    }
}
pub struct AnalysisQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<AnalysisBorrowed, tokio_postgres::Error>,
    mapper: fn(AnalysisBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> AnalysisQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(AnalysisBorrowed) -> R) -> AnalysisQuery<'c, 'a, 's, C, R, N> {
        AnalysisQuery {
            client: self.client,
            params: self.params,
            query: self.query,
            cached: self.cached,
            extractor: self.extractor,
            mapper,
        }
    }
    pub async fn one(self) -> Result<T, tokio_postgres::Error> {
        let row =
            crate::client::async_::one(self.client, self.query, &self.params, self.cached).await?;
        Ok((self.mapper)((self.extractor)(&row)?))
    }
    pub async fn all(self) -> Result<Vec<T>, tokio_postgres::Error> {
        self.iter().await?.try_collect().await
    }
    pub async fn opt(self) -> Result<Option<T>, tokio_postgres::Error> {
        let opt_row =
            crate::client::async_::opt(self.client, self.query, &self.params, self.cached).await?;
        Ok(opt_row
            .map(|row| {
                let extracted = (self.extractor)(&row)?;
                Ok((self.mapper)(extracted))
            })
            .transpose()?)
    }
    pub async fn iter(
        self,
    ) -> Result<
        impl futures::Stream<Item = Result<T, tokio_postgres::Error>> + 'c,
        tokio_postgres::Error,
    > {
        let stream = crate::client::async_::raw(
            self.client,
            self.query,
            crate::slice_iter(&self.params),
            self.cached,
        )
        .await?;
        let mapped = stream
            .map(move |res| {
                res.and_then(|row| {
                    let extracted = (self.extractor)(&row)?;
                    Ok((self.mapper)(extracted))
                })
            })
            .into_stream();
        Ok(mapped)
    }
}
pub struct SpokenMessagesQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<SpokenMessagesBorrowed, tokio_postgres::Error>,
    mapper: fn(SpokenMessagesBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> SpokenMessagesQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(SpokenMessagesBorrowed) -> R,
    ) -> SpokenMessagesQuery<'c, 'a, 's, C, R, N> {
        SpokenMessagesQuery {
            client: self.client,
            params: self.params,
            query: self.query,
            cached: self.cached,
            extractor: self.extractor,
            mapper,
        }
    }
    pub async fn one(self) -> Result<T, tokio_postgres::Error> {
        let row =
            crate::client::async_::one(self.client, self.query, &self.params, self.cached).await?;
        Ok((self.mapper)((self.extractor)(&row)?))
    }
    pub async fn all(self) -> Result<Vec<T>, tokio_postgres::Error> {
        self.iter().await?.try_collect().await
    }
    pub async fn opt(self) -> Result<Option<T>, tokio_postgres::Error> {
        let opt_row =
            crate::client::async_::opt(self.client, self.query, &self.params, self.cached).await?;
        Ok(opt_row
            .map(|row| {
                let extracted = (self.extractor)(&row)?;
                Ok((self.mapper)(extracted))
            })
            .transpose()?)
    }
    pub async fn iter(
        self,
    ) -> Result<
        impl futures::Stream<Item = Result<T, tokio_postgres::Error>> + 'c,
        tokio_postgres::Error,
    > {
        let stream = crate::client::async_::raw(
            self.client,
            self.query,
            crate::slice_iter(&self.params),
            self.cached,
        )
        .await?;
        let mapped = stream
            .map(move |res| {
                res.and_then(|row| {
                    let extracted = (self.extractor)(&row)?;
                    Ok((self.mapper)(extracted))
                })
            })
            .into_stream();
        Ok(mapped)
    }
}
pub struct BeginTurnStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn begin_turn() -> BeginTurnStmt {
    BeginTurnStmt(
        "with open as ( select from conversations where user_id = $1 and id = $2 and completed_at is null for no key update ), claim as ( insert into retry_keys (user_id, key, path, created_at, body_hash, claimed_until, message_id) select $1, $3::uuid, $4, $5, $6, $7, $8 from open where $3::uuid is not null on conflict do nothing returning key ), counted as ( update conversations set last_position = last_position + 1, last_message_at = $5, student_messages = student_messages + 1, student_words = student_words + $9 where user_id = $1 and id = $2 and completed_at is null and ($3::uuid is null or exists (select from claim)) returning last_position ), active as ( update students set last_active_on = $10 where user_id = $1 and (last_active_on is null or last_active_on < $10) and exists (select from counted) ), spoken as ( update messages set tts_ms = $11 where $11::integer is not null and user_id = $1 and conversation_id = $2 and position = ( select position from messages where user_id = $1 and conversation_id = $2 and not by_student order by position desc limit 1) and exists (select from counted) ) insert into messages (user_id, conversation_id, position, word_count, id, created_at, stt_ms, by_student, content) select $1, $2, last_position, $9, $8, $5, $12, true, $13 from counted returning position",
        None,
    )
}
impl BeginTurnStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    fn bind<
        'c,
        'a,
        's,
        C: GenericClient,
        T1: crate::StringSql,
        T2: crate::BytesSql,
        T3: crate::StringSql,
    >(
        &'s self,
        client: &'c C,
        user_id: &'a uuid::Uuid,
        conversation_id: &'a uuid::Uuid,
        key: &'a Option<uuid::Uuid>,
        path: &'a Option<T1>,
        now: &'a jiff::Timestamp,
        body_hash: &'a Option<T2>,
        claimed_until: &'a Option<jiff::Timestamp>,
        message_id: &'a uuid::Uuid,
        word_count: &'a i32,
        today: &'a jiff::civil::Date,
        tts_ms: &'a Option<i32>,
        stt_ms: &'a Option<i32>,
        content: &'a T3,
    ) -> I32Query<'c, 'a, 's, C, i32, 13> {
        I32Query {
            client,
            params: [
                user_id,
                conversation_id,
                key,
                path,
                now,
                body_hash,
                claimed_until,
                message_id,
                word_count,
                today,
                tts_ms,
                stt_ms,
                content,
            ],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row| Ok(row.try_get(0)?),
            mapper: |it| it,
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::StringSql, T2: crate::BytesSql, T3: crate::StringSql>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        BeginTurnParams<T1, T2, T3>,
        I32Query<'c, 'a, 's, C, i32, 13>,
        C,
    > for BeginTurnStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a BeginTurnParams<T1, T2, T3>,
    ) -> I32Query<'c, 'a, 's, C, i32, 13> {
        self.bind(
            client,
            &params.user_id,
            &params.conversation_id,
            &params.key,
            &params.path,
            &params.now,
            &params.body_hash,
            &params.claimed_until,
            &params.message_id,
            &params.word_count,
            &params.today,
            &params.tts_ms,
            &params.stt_ms,
            &params.content,
        )
    }
}
pub struct TurnContextStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn turn_context() -> TurnContextStmt {
    TurnContextStmt(
        "select s.age, s.cefr_level, s.focus_grammar, s.focus_vocab, s.focus_fluency, c.topic, c.completed_at, coalesce(( select u.prompt_tokens + u.completion_tokens from token_usage u where u.user_id = s.user_id and u.day = $1 ), 0) as tokens_today from students s join conversations c on c.user_id = s.user_id where s.user_id = $2 and c.id = $3",
        None,
    )
}
impl TurnContextStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    fn bind<'c, 'a, 's, C: GenericClient>(
        &'s self,
        client: &'c C,
        today: &'a jiff::civil::Date,
        user_id: &'a uuid::Uuid,
        conversation_id: &'a uuid::Uuid,
    ) -> TurnContextQuery<'c, 'a, 's, C, TurnContext, 3> {
        TurnContextQuery {
            client,
            params: [today, user_id, conversation_id],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<TurnContextBorrowed, tokio_postgres::Error> {
                    Ok(TurnContextBorrowed {
                        age: row.try_get(0)?,
                        cefr_level: row.try_get(1)?,
                        focus_grammar: row.try_get(2)?,
                        focus_vocab: row.try_get(3)?,
                        focus_fluency: row.try_get(4)?,
                        topic: row.try_get(5)?,
                        completed_at: row.try_get(6)?,
                        tokens_today: row.try_get(7)?,
                    })
                },
            mapper: |it| TurnContext::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        TurnContextParams,
        TurnContextQuery<'c, 'a, 's, C, TurnContext, 3>,
        C,
    > for TurnContextStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a TurnContextParams,
    ) -> TurnContextQuery<'c, 'a, 's, C, TurnContext, 3> {
        self.bind(
            client,
            &params.today,
            &params.user_id,
            &params.conversation_id,
        )
    }
}
pub struct TurnHistoryStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn turn_history() -> TurnHistoryStmt {
    TurnHistoryStmt(
        "( select position, by_student, provider is not null as by_model, content, coalesce(degraded, false) as canned from messages where user_id = $1 and conversation_id = $2 order by position desc limit $3::integer ) union all ( select position, by_student, provider is not null as by_model, content, coalesce(degraded, false) as canned from messages where user_id = $1 and conversation_id = $2 and position <= $4 and position <= ( select last_position - $3::integer from conversations where user_id = $1 and id = $2) order by position desc )",
        None,
    )
}
impl TurnHistoryStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    fn bind<'c, 'a, 's, C: GenericClient>(
        &'s self,
        client: &'c C,
        user_id: &'a uuid::Uuid,
        conversation_id: &'a uuid::Uuid,
        most: &'a i32,
        opening: &'a i32,
    ) -> TurnHistoryQuery<'c, 'a, 's, C, TurnHistory, 4> {
        TurnHistoryQuery {
            client,
            params: [user_id, conversation_id, most, opening],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<TurnHistoryBorrowed, tokio_postgres::Error> {
                    Ok(TurnHistoryBorrowed {
                        position: row.try_get(0)?,
                        by_student: row.try_get(1)?,
                        by_model: row.try_get(2)?,
                        content: row.try_get(3)?,
                        canned: row.try_get(4)?,
                    })
                },
            mapper: |it| TurnHistory::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        TurnHistoryParams,
        TurnHistoryQuery<'c, 'a, 's, C, TurnHistory, 4>,
        C,
    > for TurnHistoryStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a TurnHistoryParams,
    ) -> TurnHistoryQuery<'c, 'a, 's, C, TurnHistory, 4> {
        self.bind(
            client,
            &params.user_id,
            &params.conversation_id,
            &params.most,
            &params.opening,
        )
    }
}
pub struct MessagePositionStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn message_position() -> MessagePositionStmt {
    MessagePositionStmt(
        "select position, stt_ms from messages where user_id = $1 and conversation_id = $2 and id = $3",
        None,
    )
}
impl MessagePositionStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    fn bind<'c, 'a, 's, C: GenericClient>(
        &'s self,
        client: &'c C,
        user_id: &'a uuid::Uuid,
        conversation_id: &'a uuid::Uuid,
        id: &'a uuid::Uuid,
    ) -> MessagePositionQuery<'c, 'a, 's, C, MessagePosition, 3> {
        MessagePositionQuery {
            client,
            params: [user_id, conversation_id, id],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<MessagePosition, tokio_postgres::Error> {
                    Ok(MessagePosition {
                        position: row.try_get(0)?,
                        stt_ms: row.try_get(1)?,
                    })
                },
            mapper: |it| MessagePosition::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        MessagePositionParams,
        MessagePositionQuery<'c, 'a, 's, C, MessagePosition, 3>,
        C,
    > for MessagePositionStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a MessagePositionParams,
    ) -> MessagePositionQuery<'c, 'a, 's, C, MessagePosition, 3> {
        self.bind(client, &params.user_id, &params.conversation_id, &params.id)
    }
}
pub struct FinishTurnStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn finish_turn() -> FinishTurnStmt {
    FinishTurnStmt(
        "with open as ( select from conversations where $1::uuid is not null and user_id = $2 and id = $3 for no key update ), answered as ( update retry_keys set response = $4, claimed_until = null where user_id = $2 and key = $1 and path = $5 and response is null and exists (select from open) returning key ), counted as ( update conversations set last_position = last_position + 1, last_message_at = $6, corrections_grammar = corrections_grammar + $7, corrections_vocab = corrections_vocab + $8, corrections_fluency = corrections_fluency + $9 where user_id = $2 and id = $3 and ($1::uuid is null or exists (select from answered)) and not exists ( select from messages where user_id = $2 and conversation_id = $3 and position > $10 and id = $11) returning last_position ), corrected as ( update messages set corrections = $12 where $13 and user_id = $2 and conversation_id = $3 and position = $10 and exists (select from counted) ), spent as ( insert into token_usage (user_id, day, prompt_tokens, completion_tokens) select $2, $14, coalesce($15::integer, 0), coalesce($16::integer, 0) from counted where coalesce($15::integer, 0) + coalesce($16::integer, 0) > 0 on conflict (user_id, day) do update set prompt_tokens = token_usage.prompt_tokens + excluded.prompt_tokens, completion_tokens = token_usage.completion_tokens + excluded.completion_tokens ) insert into messages (user_id, conversation_id, position, word_count, id, created_at, llm_ms, first_token_ms, turn_ms, turn_stt_ms, answers_position, prompt_tokens, completion_tokens, prompt_version, degraded, truncated, by_student, provider, model, content, attempts) select $2, $3, last_position, $17, $11, $6, $18, $19, $20, $21, $10, $15, $16, $22, $23, $24, false, $25, $26, $27, $28 from counted returning position",
        None,
    )
}
impl FinishTurnStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    fn bind<
        'c,
        'a,
        's,
        C: GenericClient,
        T1: crate::JsonSql,
        T2: crate::StringSql,
        T3: crate::JsonSql,
        T4: crate::StringSql,
        T5: crate::StringSql,
        T6: crate::StringSql,
        T7: crate::JsonSql,
    >(
        &'s self,
        client: &'c C,
        key: &'a Option<uuid::Uuid>,
        user_id: &'a uuid::Uuid,
        conversation_id: &'a uuid::Uuid,
        response: &'a Option<T1>,
        path: &'a Option<T2>,
        now: &'a jiff::Timestamp,
        corrections_grammar: &'a i32,
        corrections_vocab: &'a i32,
        corrections_fluency: &'a i32,
        answers_position: &'a i32,
        id: &'a uuid::Uuid,
        corrections: &'a T3,
        has_corrections: &'a bool,
        today: &'a jiff::civil::Date,
        prompt_tokens: &'a Option<i32>,
        completion_tokens: &'a Option<i32>,
        word_count: &'a i32,
        llm_ms: &'a i32,
        first_token_ms: &'a i32,
        turn_ms: &'a i32,
        turn_stt_ms: &'a Option<i32>,
        prompt_version: &'a Option<i16>,
        degraded: &'a bool,
        truncated: &'a bool,
        provider: &'a T4,
        model: &'a T5,
        content: &'a T6,
        attempts: &'a Option<T7>,
    ) -> I32Query<'c, 'a, 's, C, i32, 28> {
        I32Query {
            client,
            params: [
                key,
                user_id,
                conversation_id,
                response,
                path,
                now,
                corrections_grammar,
                corrections_vocab,
                corrections_fluency,
                answers_position,
                id,
                corrections,
                has_corrections,
                today,
                prompt_tokens,
                completion_tokens,
                word_count,
                llm_ms,
                first_token_ms,
                turn_ms,
                turn_stt_ms,
                prompt_version,
                degraded,
                truncated,
                provider,
                model,
                content,
                attempts,
            ],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row| Ok(row.try_get(0)?),
            mapper: |it| it,
        }
    }
}
impl<
    'c,
    'a,
    's,
    C: GenericClient,
    T1: crate::JsonSql,
    T2: crate::StringSql,
    T3: crate::JsonSql,
    T4: crate::StringSql,
    T5: crate::StringSql,
    T6: crate::StringSql,
    T7: crate::JsonSql,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        FinishTurnParams<T1, T2, T3, T4, T5, T6, T7>,
        I32Query<'c, 'a, 's, C, i32, 28>,
        C,
    > for FinishTurnStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a FinishTurnParams<T1, T2, T3, T4, T5, T6, T7>,
    ) -> I32Query<'c, 'a, 's, C, i32, 28> {
        self.bind(
            client,
            &params.key,
            &params.user_id,
            &params.conversation_id,
            &params.response,
            &params.path,
            &params.now,
            &params.corrections_grammar,
            &params.corrections_vocab,
            &params.corrections_fluency,
            &params.answers_position,
            &params.id,
            &params.corrections,
            &params.has_corrections,
            &params.today,
            &params.prompt_tokens,
            &params.completion_tokens,
            &params.word_count,
            &params.llm_ms,
            &params.first_token_ms,
            &params.turn_ms,
            &params.turn_stt_ms,
            &params.prompt_version,
            &params.degraded,
            &params.truncated,
            &params.provider,
            &params.model,
            &params.content,
            &params.attempts,
        )
    }
}
pub struct FinishTurnLateStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn finish_turn_late() -> FinishTurnLateStmt {
    FinishTurnLateStmt(
        "with corrected as ( update messages set corrections = $1 where $2 and user_id = $3 and conversation_id = $4 and position = $5 and corrections = '[]' returning position ), counted as ( update conversations set corrections_grammar = corrections_grammar + $6, corrections_vocab = corrections_vocab + $7, corrections_fluency = corrections_fluency + $8 where user_id = $3 and id = $4 and exists (select from corrected) ), known as ( select position, coalesce(prompt_tokens, 0) as prompt_tokens, coalesce(completion_tokens, 0) as completion_tokens from messages where user_id = $3 and conversation_id = $4 and position > $5 and id = $9 for no key update ), told as ( update messages m set prompt_tokens = $10, completion_tokens = $11 from known k where m.user_id = $3 and m.conversation_id = $4 and m.position = k.position and (k.prompt_tokens, k.completion_tokens) <> ($10, $11) returning $10 - k.prompt_tokens as more_prompt, $11 - k.completion_tokens as more_completion ) insert into token_usage (user_id, day, prompt_tokens, completion_tokens) select $3, $12, greatest(more_prompt, 0), greatest(more_completion, 0) from told on conflict (user_id, day) do update set prompt_tokens = greatest(token_usage.prompt_tokens + (select more_prompt from told), 0), completion_tokens = greatest(token_usage.completion_tokens + (select more_completion from told), 0)",
        None,
    )
}
impl FinishTurnLateStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    async fn bind<'c, 'a, 's, C: GenericClient, T1: crate::JsonSql>(
        &'s self,
        client: &'c C,
        corrections: &'a T1,
        has_corrections: &'a bool,
        user_id: &'a uuid::Uuid,
        conversation_id: &'a uuid::Uuid,
        answers_position: &'a i32,
        corrections_grammar: &'a i32,
        corrections_vocab: &'a i32,
        corrections_fluency: &'a i32,
        reply_id: &'a uuid::Uuid,
        prompt_tokens: &'a i32,
        completion_tokens: &'a i32,
        day: &'a jiff::civil::Date,
    ) -> Result<u64, tokio_postgres::Error> {
        client
            .execute(
                self.0,
                &[
                    corrections,
                    has_corrections,
                    user_id,
                    conversation_id,
                    answers_position,
                    corrections_grammar,
                    corrections_vocab,
                    corrections_fluency,
                    reply_id,
                    prompt_tokens,
                    completion_tokens,
                    day,
                ],
            )
            .await
    }
}
impl<'a, C: GenericClient + Send + Sync, T1: crate::JsonSql>
    crate::client::async_::Params<
        'a,
        'a,
        'a,
        FinishTurnLateParams<T1>,
        std::pin::Pin<
            Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
        >,
        C,
    > for FinishTurnLateStmt
{
    fn params(
        &'a self,
        client: &'a C,
        params: &'a FinishTurnLateParams<T1>,
    ) -> std::pin::Pin<
        Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
    > {
        Box::pin(self.bind(
            client,
            &params.corrections,
            &params.has_corrections,
            &params.user_id,
            &params.conversation_id,
            &params.answers_position,
            &params.corrections_grammar,
            &params.corrections_vocab,
            &params.corrections_fluency,
            &params.reply_id,
            &params.prompt_tokens,
            &params.completion_tokens,
            &params.day,
        ))
    }
}
pub struct BeginStarterStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn begin_starter() -> BeginStarterStmt {
    BeginStarterStmt(
        "with open as ( select id from conversations where user_id = $1 and id = $2 and completed_at is null for no key update ), claim as ( insert into retry_keys (user_id, key, path, created_at, body_hash, claimed_until) select $1, $3::uuid, $4, $5, $6, $7 from open where $3::uuid is not null on conflict do nothing returning key ) select id from open where $3::uuid is null or exists (select from claim)",
        None,
    )
}
impl BeginStarterStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    fn bind<'c, 'a, 's, C: GenericClient, T1: crate::StringSql, T2: crate::BytesSql>(
        &'s self,
        client: &'c C,
        user_id: &'a uuid::Uuid,
        conversation_id: &'a uuid::Uuid,
        key: &'a Option<uuid::Uuid>,
        path: &'a Option<T1>,
        now: &'a jiff::Timestamp,
        body_hash: &'a Option<T2>,
        claimed_until: &'a Option<jiff::Timestamp>,
    ) -> UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 7> {
        UuidUuidQuery {
            client,
            params: [
                user_id,
                conversation_id,
                key,
                path,
                now,
                body_hash,
                claimed_until,
            ],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row| Ok(row.try_get(0)?),
            mapper: |it| it,
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::StringSql, T2: crate::BytesSql>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        BeginStarterParams<T1, T2>,
        UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 7>,
        C,
    > for BeginStarterStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a BeginStarterParams<T1, T2>,
    ) -> UuidUuidQuery<'c, 'a, 's, C, uuid::Uuid, 7> {
        self.bind(
            client,
            &params.user_id,
            &params.conversation_id,
            &params.key,
            &params.path,
            &params.now,
            &params.body_hash,
            &params.claimed_until,
        )
    }
}
pub struct FinishStarterStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn finish_starter() -> FinishStarterStmt {
    FinishStarterStmt(
        "with open as ( select from conversations where $1::uuid is not null and user_id = $2 and id = $3 for no key update ), answered as ( update retry_keys set response = $4, claimed_until = null where user_id = $2 and key = $1 and path = $5 and response is null and exists (select from open) returning key ), counted as ( update conversations set last_position = last_position + 1, last_message_at = $6 where user_id = $2 and id = $3 and ($1::uuid is null or exists (select from answered)) returning last_position ), spent as ( insert into token_usage (user_id, day, prompt_tokens, completion_tokens) select $2, $7, coalesce($8::integer, 0), coalesce($9::integer, 0) from counted where coalesce($8::integer, 0) + coalesce($9::integer, 0) > 0 on conflict (user_id, day) do update set prompt_tokens = token_usage.prompt_tokens + excluded.prompt_tokens, completion_tokens = token_usage.completion_tokens + excluded.completion_tokens ) insert into messages (user_id, conversation_id, position, word_count, id, created_at, llm_ms, first_token_ms, prompt_tokens, completion_tokens, prompt_version, degraded, truncated, by_student, provider, model, content, attempts) select $2, $3, last_position, $10, $11, $6, $12, $13, $8, $9, $14, $15, $16, false, $17, $18, $19, $20 from counted returning position",
        None,
    )
}
impl FinishStarterStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    fn bind<
        'c,
        'a,
        's,
        C: GenericClient,
        T1: crate::JsonSql,
        T2: crate::StringSql,
        T3: crate::StringSql,
        T4: crate::StringSql,
        T5: crate::StringSql,
        T6: crate::JsonSql,
    >(
        &'s self,
        client: &'c C,
        key: &'a Option<uuid::Uuid>,
        user_id: &'a uuid::Uuid,
        conversation_id: &'a uuid::Uuid,
        response: &'a Option<T1>,
        path: &'a Option<T2>,
        now: &'a jiff::Timestamp,
        today: &'a jiff::civil::Date,
        prompt_tokens: &'a Option<i32>,
        completion_tokens: &'a Option<i32>,
        word_count: &'a i32,
        id: &'a uuid::Uuid,
        llm_ms: &'a i32,
        first_token_ms: &'a i32,
        prompt_version: &'a Option<i16>,
        degraded: &'a bool,
        truncated: &'a bool,
        provider: &'a T3,
        model: &'a T4,
        content: &'a T5,
        attempts: &'a Option<T6>,
    ) -> I32Query<'c, 'a, 's, C, i32, 20> {
        I32Query {
            client,
            params: [
                key,
                user_id,
                conversation_id,
                response,
                path,
                now,
                today,
                prompt_tokens,
                completion_tokens,
                word_count,
                id,
                llm_ms,
                first_token_ms,
                prompt_version,
                degraded,
                truncated,
                provider,
                model,
                content,
                attempts,
            ],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row| Ok(row.try_get(0)?),
            mapper: |it| it,
        }
    }
}
impl<
    'c,
    'a,
    's,
    C: GenericClient,
    T1: crate::JsonSql,
    T2: crate::StringSql,
    T3: crate::StringSql,
    T4: crate::StringSql,
    T5: crate::StringSql,
    T6: crate::JsonSql,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        FinishStarterParams<T1, T2, T3, T4, T5, T6>,
        I32Query<'c, 'a, 's, C, i32, 20>,
        C,
    > for FinishStarterStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a FinishStarterParams<T1, T2, T3, T4, T5, T6>,
    ) -> I32Query<'c, 'a, 's, C, i32, 20> {
        self.bind(
            client,
            &params.key,
            &params.user_id,
            &params.conversation_id,
            &params.response,
            &params.path,
            &params.now,
            &params.today,
            &params.prompt_tokens,
            &params.completion_tokens,
            &params.word_count,
            &params.id,
            &params.llm_ms,
            &params.first_token_ms,
            &params.prompt_version,
            &params.degraded,
            &params.truncated,
            &params.provider,
            &params.model,
            &params.content,
            &params.attempts,
        )
    }
}
pub struct AnalysisStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn analysis() -> AnalysisStmt {
    AnalysisStmt(
        "select a.result, a.up_to_position = c.last_position and c.corrections_grammar + c.corrections_vocab + c.corrections_fluency + c.corrections_spelling + c.corrections_pronunciation = ( select coalesce(sum(counted.value::integer), 0) from jsonb_each_text(a.result -> 'corrections_by_category') counted ) as is_current from analyses a join conversations c on c.user_id = a.user_id and c.id = a.conversation_id where a.user_id = $1 and a.conversation_id = $2",
        None,
    )
}
impl AnalysisStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    fn bind<'c, 'a, 's, C: GenericClient>(
        &'s self,
        client: &'c C,
        user_id: &'a uuid::Uuid,
        conversation_id: &'a uuid::Uuid,
    ) -> AnalysisQuery<'c, 'a, 's, C, Analysis, 2> {
        AnalysisQuery {
            client,
            params: [user_id, conversation_id],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<AnalysisBorrowed, tokio_postgres::Error> {
                    Ok(AnalysisBorrowed {
                        result: row.try_get(0)?,
                        is_current: row.try_get(1)?,
                    })
                },
            mapper: |it| Analysis::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        AnalysisParams,
        AnalysisQuery<'c, 'a, 's, C, Analysis, 2>,
        C,
    > for AnalysisStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a AnalysisParams,
    ) -> AnalysisQuery<'c, 'a, 's, C, Analysis, 2> {
        self.bind(client, &params.user_id, &params.conversation_id)
    }
}
pub struct SpokenMessagesStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn spoken_messages() -> SpokenMessagesStmt {
    SpokenMessagesStmt(
        "select id, position, by_student, content, corrections, word_count, coalesce(degraded, false) as canned from messages where user_id = $1 and conversation_id = $2 and position > $3 order by position limit $4",
        None,
    )
}
impl SpokenMessagesStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    fn bind<'c, 'a, 's, C: GenericClient>(
        &'s self,
        client: &'c C,
        user_id: &'a uuid::Uuid,
        conversation_id: &'a uuid::Uuid,
        after: &'a i32,
        most: &'a i64,
    ) -> SpokenMessagesQuery<'c, 'a, 's, C, SpokenMessages, 4> {
        SpokenMessagesQuery {
            client,
            params: [user_id, conversation_id, after, most],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |
                row: &tokio_postgres::Row,
            | -> Result<SpokenMessagesBorrowed, tokio_postgres::Error> {
                Ok(SpokenMessagesBorrowed {
                    id: row.try_get(0)?,
                    position: row.try_get(1)?,
                    by_student: row.try_get(2)?,
                    content: row.try_get(3)?,
                    corrections: row.try_get(4)?,
                    word_count: row.try_get(5)?,
                    canned: row.try_get(6)?,
                })
            },
            mapper: |it| SpokenMessages::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        SpokenMessagesParams,
        SpokenMessagesQuery<'c, 'a, 's, C, SpokenMessages, 4>,
        C,
    > for SpokenMessagesStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a SpokenMessagesParams,
    ) -> SpokenMessagesQuery<'c, 'a, 's, C, SpokenMessages, 4> {
        self.bind(
            client,
            &params.user_id,
            &params.conversation_id,
            &params.after,
            &params.most,
        )
    }
}
pub struct StoreAnalysisStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn store_analysis() -> StoreAnalysisStmt {
    StoreAnalysisStmt(
        "insert into analyses (user_id, conversation_id, created_at, up_to_position, result) values ($1, $2, $3, $4, $5) on conflict (user_id, conversation_id) do update set created_at = excluded.created_at, up_to_position = excluded.up_to_position, result = excluded.result where analyses.up_to_position <= excluded.up_to_position",
        None,
    )
}
impl StoreAnalysisStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    async fn bind<'c, 'a, 's, C: GenericClient, T1: crate::JsonSql>(
        &'s self,
        client: &'c C,
        user_id: &'a uuid::Uuid,
        conversation_id: &'a uuid::Uuid,
        now: &'a jiff::Timestamp,
        up_to_position: &'a i32,
        result: &'a T1,
    ) -> Result<u64, tokio_postgres::Error> {
        client
            .execute(
                self.0,
                &[user_id, conversation_id, now, up_to_position, result],
            )
            .await
    }
}
impl<'a, C: GenericClient + Send + Sync, T1: crate::JsonSql>
    crate::client::async_::Params<
        'a,
        'a,
        'a,
        StoreAnalysisParams<T1>,
        std::pin::Pin<
            Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
        >,
        C,
    > for StoreAnalysisStmt
{
    fn params(
        &'a self,
        client: &'a C,
        params: &'a StoreAnalysisParams<T1>,
    ) -> std::pin::Pin<
        Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
    > {
        Box::pin(self.bind(
            client,
            &params.user_id,
            &params.conversation_id,
            &params.now,
            &params.up_to_position,
            &params.result,
        ))
    }
}
