// This file was generated with `cornucopia`. Do not modify.

#[derive(Debug)]
pub struct CreatePlacementParams<
    T1: crate::StringSql,
    T2: crate::BytesSql,
    T3: crate::JsonSql,
    T4: crate::StringSql,
    T5: crate::JsonSql,
> {
    pub user_id: uuid::Uuid,
    pub key: Option<uuid::Uuid>,
    pub path: Option<T1>,
    pub now: jiff::Timestamp,
    pub body_hash: Option<T2>,
    pub response: Option<T3>,
    pub id: uuid::Uuid,
    pub cefr_level: T4,
    pub confidence: f64,
    pub score_grammar: Option<f64>,
    pub score_vocab: Option<f64>,
    pub score_fluency: Option<f64>,
    pub duration_seconds: Option<i32>,
    pub turn_count: i16,
    pub scored: bool,
    pub transcript: T5,
}
#[derive(Clone, Copy, Debug)]
pub struct PlacementsWithTranscriptsParams {
    pub user_id: uuid::Uuid,
    pub most: i64,
}
#[derive(Clone, Copy, Debug)]
pub struct PlacementsParams {
    pub user_id: uuid::Uuid,
    pub before: uuid::Uuid,
    pub most: i64,
}
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    pub id: uuid::Uuid,
    pub created_at: jiff::Timestamp,
    pub confidence: f64,
    pub score_grammar: Option<f64>,
    pub score_vocab: Option<f64>,
    pub score_fluency: Option<f64>,
    pub duration_seconds: Option<i32>,
    pub turn_count: i16,
    pub scored: bool,
    pub cefr_level: String,
    pub transcript: serde_json::Value,
}
pub struct PlacementBorrowed<'a> {
    pub id: uuid::Uuid,
    pub created_at: jiff::Timestamp,
    pub confidence: f64,
    pub score_grammar: Option<f64>,
    pub score_vocab: Option<f64>,
    pub score_fluency: Option<f64>,
    pub duration_seconds: Option<i32>,
    pub turn_count: i16,
    pub scored: bool,
    pub cefr_level: &'a str,
    pub transcript: postgres_types::Json<&'a serde_json::value::RawValue>,
}
impl<'a> From<PlacementBorrowed<'a>> for Placement {
    fn from(
        PlacementBorrowed {
            id,
            created_at,
            confidence,
            score_grammar,
            score_vocab,
            score_fluency,
            duration_seconds,
            turn_count,
            scored,
            cefr_level,
            transcript,
        }: PlacementBorrowed<'a>,
    ) -> Self {
        Self {
            id,
            created_at,
            confidence,
            score_grammar,
            score_vocab,
            score_fluency,
            duration_seconds,
            turn_count,
            scored,
            cefr_level: cefr_level.into(),
            transcript: serde_json::from_str(transcript.0.get()).unwrap(),
        }
    }
}
#[derive(Debug, Clone, PartialEq)]
pub struct PlacementSummary {
    pub id: uuid::Uuid,
    pub created_at: jiff::Timestamp,
    pub confidence: f64,
    pub score_grammar: Option<f64>,
    pub score_vocab: Option<f64>,
    pub score_fluency: Option<f64>,
    pub duration_seconds: Option<i32>,
    pub turn_count: i16,
    pub scored: bool,
    pub cefr_level: String,
}
pub struct PlacementSummaryBorrowed<'a> {
    pub id: uuid::Uuid,
    pub created_at: jiff::Timestamp,
    pub confidence: f64,
    pub score_grammar: Option<f64>,
    pub score_vocab: Option<f64>,
    pub score_fluency: Option<f64>,
    pub duration_seconds: Option<i32>,
    pub turn_count: i16,
    pub scored: bool,
    pub cefr_level: &'a str,
}
impl<'a> From<PlacementSummaryBorrowed<'a>> for PlacementSummary {
    fn from(
        PlacementSummaryBorrowed {
            id,
            created_at,
            confidence,
            score_grammar,
            score_vocab,
            score_fluency,
            duration_seconds,
            turn_count,
            scored,
            cefr_level,
        }: PlacementSummaryBorrowed<'a>,
    ) -> Self {
        Self {
            id,
            created_at,
            confidence,
            score_grammar,
            score_vocab,
            score_fluency,
            duration_seconds,
            turn_count,
            scored,
            cefr_level: cefr_level.into(),
        }
    }
}
use crate::client::async_::GenericClient;
use futures::{self, StreamExt, TryStreamExt};
pub struct PlacementQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<PlacementBorrowed, tokio_postgres::Error>,
    mapper: fn(PlacementBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> PlacementQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(PlacementBorrowed) -> R) -> PlacementQuery<'c, 'a, 's, C, R, N> {
        PlacementQuery {
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
pub struct PlacementSummaryQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<PlacementSummaryBorrowed, tokio_postgres::Error>,
    mapper: fn(PlacementSummaryBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> PlacementSummaryQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(PlacementSummaryBorrowed) -> R,
    ) -> PlacementSummaryQuery<'c, 'a, 's, C, R, N> {
        PlacementSummaryQuery {
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
pub struct CreatePlacementStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn create_placement() -> CreatePlacementStmt {
    CreatePlacementStmt(
        "with claim as ( insert into retry_keys (user_id, key, path, created_at, body_hash, response) select $1, $2::uuid, $3, $4, $5, $6 where $2::uuid is not null on conflict do nothing returning key ), student as ( update students set cefr_level = case when level_from > $7 then cefr_level else $8 end, level_from = greatest(level_from, $7), updated_at = $4 where user_id = $1 and ($2::uuid is null or exists (select from claim)) returning user_id ) insert into placements (user_id, id, created_at, confidence, score_grammar, score_vocab, score_fluency, duration_seconds, turn_count, scored, cefr_level, transcript) select user_id, $7, $4, $9, $10, $11, $12, $13, $14, $15, $8, $16 from student",
        None,
    )
}
impl CreatePlacementStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    async fn bind<
        'c,
        'a,
        's,
        C: GenericClient,
        T1: crate::StringSql,
        T2: crate::BytesSql,
        T3: crate::JsonSql,
        T4: crate::StringSql,
        T5: crate::JsonSql,
    >(
        &'s self,
        client: &'c C,
        user_id: &'a uuid::Uuid,
        key: &'a Option<uuid::Uuid>,
        path: &'a Option<T1>,
        now: &'a jiff::Timestamp,
        body_hash: &'a Option<T2>,
        response: &'a Option<T3>,
        id: &'a uuid::Uuid,
        cefr_level: &'a T4,
        confidence: &'a f64,
        score_grammar: &'a Option<f64>,
        score_vocab: &'a Option<f64>,
        score_fluency: &'a Option<f64>,
        duration_seconds: &'a Option<i32>,
        turn_count: &'a i16,
        scored: &'a bool,
        transcript: &'a T5,
    ) -> Result<u64, tokio_postgres::Error> {
        client
            .execute(
                self.0,
                &[
                    user_id,
                    key,
                    path,
                    now,
                    body_hash,
                    response,
                    id,
                    cefr_level,
                    confidence,
                    score_grammar,
                    score_vocab,
                    score_fluency,
                    duration_seconds,
                    turn_count,
                    scored,
                    transcript,
                ],
            )
            .await
    }
}
impl<
    'a,
    C: GenericClient + Send + Sync,
    T1: crate::StringSql,
    T2: crate::BytesSql,
    T3: crate::JsonSql,
    T4: crate::StringSql,
    T5: crate::JsonSql,
>
    crate::client::async_::Params<
        'a,
        'a,
        'a,
        CreatePlacementParams<T1, T2, T3, T4, T5>,
        std::pin::Pin<
            Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
        >,
        C,
    > for CreatePlacementStmt
{
    fn params(
        &'a self,
        client: &'a C,
        params: &'a CreatePlacementParams<T1, T2, T3, T4, T5>,
    ) -> std::pin::Pin<
        Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
    > {
        Box::pin(self.bind(
            client,
            &params.user_id,
            &params.key,
            &params.path,
            &params.now,
            &params.body_hash,
            &params.response,
            &params.id,
            &params.cefr_level,
            &params.confidence,
            &params.score_grammar,
            &params.score_vocab,
            &params.score_fluency,
            &params.duration_seconds,
            &params.turn_count,
            &params.scored,
            &params.transcript,
        ))
    }
}
pub struct LatestPlacementStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn latest_placement() -> LatestPlacementStmt {
    LatestPlacementStmt(
        "select id, created_at, confidence, score_grammar, score_vocab, score_fluency, duration_seconds, turn_count, scored, cefr_level, transcript from placements where user_id = $1 order by id desc limit 1",
        None,
    )
}
impl LatestPlacementStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<'c, 'a, 's, C: GenericClient>(
        &'s self,
        client: &'c C,
        user_id: &'a uuid::Uuid,
    ) -> PlacementQuery<'c, 'a, 's, C, Placement, 1> {
        PlacementQuery {
            client,
            params: [user_id],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<PlacementBorrowed, tokio_postgres::Error> {
                    Ok(PlacementBorrowed {
                        id: row.try_get(0)?,
                        created_at: row.try_get(1)?,
                        confidence: row.try_get(2)?,
                        score_grammar: row.try_get(3)?,
                        score_vocab: row.try_get(4)?,
                        score_fluency: row.try_get(5)?,
                        duration_seconds: row.try_get(6)?,
                        turn_count: row.try_get(7)?,
                        scored: row.try_get(8)?,
                        cefr_level: row.try_get(9)?,
                        transcript: row.try_get(10)?,
                    })
                },
            mapper: |it| Placement::from(it),
        }
    }
}
pub struct PlacementsWithTranscriptsStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn placements_with_transcripts() -> PlacementsWithTranscriptsStmt {
    PlacementsWithTranscriptsStmt(
        "select id, created_at, confidence, score_grammar, score_vocab, score_fluency, duration_seconds, turn_count, scored, cefr_level, transcript from placements where user_id = $1 order by id desc limit $2",
        None,
    )
}
impl PlacementsWithTranscriptsStmt {
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
        most: &'a i64,
    ) -> PlacementQuery<'c, 'a, 's, C, Placement, 2> {
        PlacementQuery {
            client,
            params: [user_id, most],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<PlacementBorrowed, tokio_postgres::Error> {
                    Ok(PlacementBorrowed {
                        id: row.try_get(0)?,
                        created_at: row.try_get(1)?,
                        confidence: row.try_get(2)?,
                        score_grammar: row.try_get(3)?,
                        score_vocab: row.try_get(4)?,
                        score_fluency: row.try_get(5)?,
                        duration_seconds: row.try_get(6)?,
                        turn_count: row.try_get(7)?,
                        scored: row.try_get(8)?,
                        cefr_level: row.try_get(9)?,
                        transcript: row.try_get(10)?,
                    })
                },
            mapper: |it| Placement::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        PlacementsWithTranscriptsParams,
        PlacementQuery<'c, 'a, 's, C, Placement, 2>,
        C,
    > for PlacementsWithTranscriptsStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a PlacementsWithTranscriptsParams,
    ) -> PlacementQuery<'c, 'a, 's, C, Placement, 2> {
        self.bind(client, &params.user_id, &params.most)
    }
}
pub struct PlacementsStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn placements() -> PlacementsStmt {
    PlacementsStmt(
        "select id, created_at, confidence, score_grammar, score_vocab, score_fluency, duration_seconds, turn_count, scored, cefr_level from placements where user_id = $1 and id < $2 order by id desc limit $3",
        None,
    )
}
impl PlacementsStmt {
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
        before: &'a uuid::Uuid,
        most: &'a i64,
    ) -> PlacementSummaryQuery<'c, 'a, 's, C, PlacementSummary, 3> {
        PlacementSummaryQuery {
            client,
            params: [user_id, before, most],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |
                row: &tokio_postgres::Row,
            | -> Result<PlacementSummaryBorrowed, tokio_postgres::Error> {
                Ok(PlacementSummaryBorrowed {
                    id: row.try_get(0)?,
                    created_at: row.try_get(1)?,
                    confidence: row.try_get(2)?,
                    score_grammar: row.try_get(3)?,
                    score_vocab: row.try_get(4)?,
                    score_fluency: row.try_get(5)?,
                    duration_seconds: row.try_get(6)?,
                    turn_count: row.try_get(7)?,
                    scored: row.try_get(8)?,
                    cefr_level: row.try_get(9)?,
                })
            },
            mapper: |it| PlacementSummary::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        PlacementsParams,
        PlacementSummaryQuery<'c, 'a, 's, C, PlacementSummary, 3>,
        C,
    > for PlacementsStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a PlacementsParams,
    ) -> PlacementSummaryQuery<'c, 'a, 's, C, PlacementSummary, 3> {
        self.bind(client, &params.user_id, &params.before, &params.most)
    }
}
