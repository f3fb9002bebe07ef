// This file was generated with `cornucopia`. Do not modify.

#[derive(Clone, Copy, Debug)]
pub struct CountDayParams {
    pub day: jiff::civil::Date,
    pub first_id: uuid::Uuid,
    pub end_id: uuid::Uuid,
    pub starts_at: jiff::Timestamp,
    pub ends_at: jiff::Timestamp,
}
#[derive(Clone, Copy, Debug)]
pub struct SealDayParams {
    pub day: jiff::civil::Date,
    pub students: i32,
    pub conversations: i32,
    pub messages: i32,
}
#[derive(Debug, Clone, PartialEq)]
pub struct StudentsByLevel {
    pub cefr_level: Option<String>,
    pub students: i64,
    pub active_today: i64,
    pub active_7_days: i64,
    pub active_30_days: i64,
}
pub struct StudentsByLevelBorrowed<'a> {
    pub cefr_level: Option<&'a str>,
    pub students: i64,
    pub active_today: i64,
    pub active_7_days: i64,
    pub active_30_days: i64,
}
impl<'a> From<StudentsByLevelBorrowed<'a>> for StudentsByLevel {
    fn from(
        StudentsByLevelBorrowed {
            cefr_level,
            students,
            active_today,
            active_7_days,
            active_30_days,
        }: StudentsByLevelBorrowed<'a>,
    ) -> Self {
        Self {
            cefr_level: cefr_level.map(|v| v.into()),
            students,
            active_today,
            active_7_days,
            active_30_days,
        }
    }
}
#[derive(Debug, Clone, PartialEq, Copy)]
pub struct ConversationTotals {
    pub total: i64,
    pub completed: i64,
    pub speaking_time_seconds: i64,
    pub messages: i64,
}
#[derive(Debug, Clone, PartialEq)]
pub struct Latencies {
    pub stt: Option<Vec<i32>>,
    pub stt_count: i64,
    pub llm: Option<Vec<i32>>,
    pub llm_count: i64,
    pub tts: Option<Vec<i32>>,
    pub tts_count: i64,
    pub turn: Option<Vec<i32>>,
    pub turn_count: i64,
    pub spoken: Option<Vec<i32>>,
    pub spoken_count: i64,
    pub degraded_turns: i64,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
}
pub struct LatenciesBorrowed<'a> {
    pub stt: Option<crate::ArrayIterator<'a, i32>>,
    pub stt_count: i64,
    pub llm: Option<crate::ArrayIterator<'a, i32>>,
    pub llm_count: i64,
    pub tts: Option<crate::ArrayIterator<'a, i32>>,
    pub tts_count: i64,
    pub turn: Option<crate::ArrayIterator<'a, i32>>,
    pub turn_count: i64,
    pub spoken: Option<crate::ArrayIterator<'a, i32>>,
    pub spoken_count: i64,
    pub degraded_turns: i64,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
}
impl<'a> From<LatenciesBorrowed<'a>> for Latencies {
    fn from(
        LatenciesBorrowed {
            stt,
            stt_count,
            llm,
            llm_count,
            tts,
            tts_count,
            turn,
            turn_count,
            spoken,
            spoken_count,
            degraded_turns,
            prompt_tokens,
            completion_tokens,
        }: LatenciesBorrowed<'a>,
    ) -> Self {
        Self {
            stt: stt.map(|v| v.map(|v| v).collect()),
            stt_count,
            llm: llm.map(|v| v.map(|v| v).collect()),
            llm_count,
            tts: tts.map(|v| v.map(|v| v).collect()),
            tts_count,
            turn: turn.map(|v| v.map(|v| v).collect()),
            turn_count,
            spoken: spoken.map(|v| v.map(|v| v).collect()),
            spoken_count,
            degraded_turns,
            prompt_tokens,
            completion_tokens,
        }
    }
}
#[derive(Debug, Clone, PartialEq, Copy)]
pub struct DailyTotals {
    pub day: jiff::civil::Date,
    pub students: i32,
    pub conversations: i32,
    pub messages: i32,
}
#[derive(Debug, Clone, PartialEq)]
pub struct RecentConversation {
    pub id: uuid::Uuid,
    pub user_id: uuid::Uuid,
    pub name: Option<String>,
    pub topic: Option<String>,
    pub completed_at: Option<jiff::Timestamp>,
    pub last_position: i32,
    pub started_at: jiff::Timestamp,
}
pub struct RecentConversationBorrowed<'a> {
    pub id: uuid::Uuid,
    pub user_id: uuid::Uuid,
    pub name: Option<&'a str>,
    pub topic: Option<&'a str>,
    pub completed_at: Option<jiff::Timestamp>,
    pub last_position: i32,
    pub started_at: jiff::Timestamp,
}
impl<'a> From<RecentConversationBorrowed<'a>> for RecentConversation {
    fn from(
        RecentConversationBorrowed {
            id,
            user_id,
            name,
            topic,
            completed_at,
            last_position,
            started_at,
        }: RecentConversationBorrowed<'a>,
    ) -> Self {
        Self {
            id,
            user_id,
            name: name.map(|v| v.into()),
            topic: topic.map(|v| v.into()),
            completed_at,
            last_position,
            started_at,
        }
    }
}
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationAndStudent {
    pub id: uuid::Uuid,
    pub topic: Option<String>,
    pub last_position: i32,
    pub started_at: jiff::Timestamp,
    pub completed_at: Option<jiff::Timestamp>,
    pub duration_seconds: Option<i32>,
    pub user_id: uuid::Uuid,
    pub name: Option<String>,
    pub age: Option<i16>,
    pub location: Option<String>,
    pub cefr_level: Option<String>,
}
pub struct ConversationAndStudentBorrowed<'a> {
    pub id: uuid::Uuid,
    pub topic: Option<&'a str>,
    pub last_position: i32,
    pub started_at: jiff::Timestamp,
    pub completed_at: Option<jiff::Timestamp>,
    pub duration_seconds: Option<i32>,
    pub user_id: uuid::Uuid,
    pub name: Option<&'a str>,
    pub age: Option<i16>,
    pub location: Option<&'a str>,
    pub cefr_level: Option<&'a str>,
}
impl<'a> From<ConversationAndStudentBorrowed<'a>> for ConversationAndStudent {
    fn from(
        ConversationAndStudentBorrowed {
            id,
            topic,
            last_position,
            started_at,
            completed_at,
            duration_seconds,
            user_id,
            name,
            age,
            location,
            cefr_level,
        }: ConversationAndStudentBorrowed<'a>,
    ) -> Self {
        Self {
            id,
            topic: topic.map(|v| v.into()),
            last_position,
            started_at,
            completed_at,
            duration_seconds,
            user_id,
            name: name.map(|v| v.into()),
            age,
            location: location.map(|v| v.into()),
            cefr_level: cefr_level.map(|v| v.into()),
        }
    }
}
use crate::client::async_::GenericClient;
use futures::{self, StreamExt, TryStreamExt};
pub struct StudentsByLevelQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<StudentsByLevelBorrowed, tokio_postgres::Error>,
    mapper: fn(StudentsByLevelBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> StudentsByLevelQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(StudentsByLevelBorrowed) -> R,
    ) -> StudentsByLevelQuery<'c, 'a, 's, C, R, N> {
        StudentsByLevelQuery {
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
pub struct ConversationTotalsQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<ConversationTotals, tokio_postgres::Error>,
    mapper: fn(ConversationTotals) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> ConversationTotalsQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(ConversationTotals) -> R,
    ) -> ConversationTotalsQuery<'c, 'a, 's, C, R, N> {
        ConversationTotalsQuery {
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
pub struct LatenciesQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<LatenciesBorrowed, tokio_postgres::Error>,
    mapper: fn(LatenciesBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> LatenciesQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(LatenciesBorrowed) -> R) -> LatenciesQuery<'c, 'a, 's, C, R, N> {
        LatenciesQuery {
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
pub struct DailyTotalsQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<DailyTotals, tokio_postgres::Error>,
    mapper: fn(DailyTotals) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> DailyTotalsQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(DailyTotals) -> R) -> DailyTotalsQuery<'c, 'a, 's, C, R, N> {
        DailyTotalsQuery {
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
pub struct RecentConversationQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor:
        fn(&tokio_postgres::Row) -> Result<RecentConversationBorrowed, tokio_postgres::Error>,
    mapper: fn(RecentConversationBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> RecentConversationQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(RecentConversationBorrowed) -> R,
    ) -> RecentConversationQuery<'c, 'a, 's, C, R, N> {
        RecentConversationQuery {
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
pub struct ConversationAndStudentQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor:
        fn(&tokio_postgres::Row) -> Result<ConversationAndStudentBorrowed, tokio_postgres::Error>,
    mapper: fn(ConversationAndStudentBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> ConversationAndStudentQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(ConversationAndStudentBorrowed) -> R,
    ) -> ConversationAndStudentQuery<'c, 'a, 's, C, R, N> {
        ConversationAndStudentQuery {
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
pub struct StudentsByLevelStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn students_by_level() -> StudentsByLevelStmt {
    StudentsByLevelStmt(
        "select cefr_level, count(*) as students, count(*) filter (where last_active_on >= $1) as active_today, count(*) filter (where last_active_on >= $1::date - 6) as active_7_days, count(*) filter (where last_active_on >= $1::date - 29) as active_30_days from students group by cefr_level",
        None,
    )
}
impl StudentsByLevelStmt {
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
        today: &'a jiff::civil::Date,
    ) -> StudentsByLevelQuery<'c, 'a, 's, C, StudentsByLevel, 1> {
        StudentsByLevelQuery {
            client,
            params: [today],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |
                row: &tokio_postgres::Row,
            | -> Result<StudentsByLevelBorrowed, tokio_postgres::Error> {
                Ok(StudentsByLevelBorrowed {
                    cefr_level: row.try_get(0)?,
                    students: row.try_get(1)?,
                    active_today: row.try_get(2)?,
                    active_7_days: row.try_get(3)?,
                    active_30_days: row.try_get(4)?,
                })
            },
            mapper: |it| StudentsByLevel::from(it),
        }
    }
}
pub struct ConversationTotalsStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn conversation_totals() -> ConversationTotalsStmt {
    ConversationTotalsStmt(
        "select count(*) as total, count(completed_at) as completed, coalesce(sum(duration_seconds), 0)::bigint as speaking_time_seconds, coalesce(sum(last_position), 0)::bigint as messages from conversations",
        None,
    )
}
impl ConversationTotalsStmt {
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
    ) -> ConversationTotalsQuery<'c, 'a, 's, C, ConversationTotals, 0> {
        ConversationTotalsQuery {
            client,
            params: [],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<ConversationTotals, tokio_postgres::Error> {
                    Ok(ConversationTotals {
                        total: row.try_get(0)?,
                        completed: row.try_get(1)?,
                        speaking_time_seconds: row.try_get(2)?,
                        messages: row.try_get(3)?,
                    })
                },
            mapper: |it| ConversationTotals::from(it),
        }
    }
}
pub struct LatenciesStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn latencies() -> LatenciesStmt {
    LatenciesStmt(
        "select percentile_disc(array[0.5, 0.95, 0.99]) within group (order by stt_ms) as stt, count(stt_ms) as stt_count, percentile_disc(array[0.5, 0.95, 0.99]) within group (order by llm_ms) as llm, count(llm_ms) as llm_count, percentile_disc(array[0.5, 0.95, 0.99]) within group (order by tts_ms) as tts, count(tts_ms) as tts_count, percentile_disc(array[0.5, 0.95, 0.99]) within group (order by turn_ms) as turn, count(turn_ms) as turn_count, percentile_disc(array[0.5, 0.95, 0.99]) within group (order by turn_stt_ms + turn_ms + tts_ms) as spoken, count(turn_stt_ms + turn_ms + tts_ms) as spoken_count, count(turn_ms) filter (where degraded) as degraded_turns, coalesce(sum(prompt_tokens), 0)::bigint as prompt_tokens, coalesce(sum(completion_tokens), 0)::bigint as completion_tokens from messages where created_at > $1",
        None,
    )
}
impl LatenciesStmt {
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
        since: &'a jiff::Timestamp,
    ) -> LatenciesQuery<'c, 'a, 's, C, Latencies, 1> {
        LatenciesQuery {
            client,
            params: [since],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<LatenciesBorrowed, tokio_postgres::Error> {
                    Ok(LatenciesBorrowed {
                        stt: row.try_get(0)?,
                        stt_count: row.try_get(1)?,
                        llm: row.try_get(2)?,
                        llm_count: row.try_get(3)?,
                        tts: row.try_get(4)?,
                        tts_count: row.try_get(5)?,
                        turn: row.try_get(6)?,
                        turn_count: row.try_get(7)?,
                        spoken: row.try_get(8)?,
                        spoken_count: row.try_get(9)?,
                        degraded_turns: row.try_get(10)?,
                        prompt_tokens: row.try_get(11)?,
                        completion_tokens: row.try_get(12)?,
                    })
                },
            mapper: |it| Latencies::from(it),
        }
    }
}
pub struct DailyTotalsStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn daily_totals() -> DailyTotalsStmt {
    DailyTotalsStmt(
        "select day, students, conversations, messages from daily_totals where day >= $1 order by day",
        None,
    )
}
impl DailyTotalsStmt {
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
        since: &'a jiff::civil::Date,
    ) -> DailyTotalsQuery<'c, 'a, 's, C, DailyTotals, 1> {
        DailyTotalsQuery {
            client,
            params: [since],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row: &tokio_postgres::Row| -> Result<DailyTotals, tokio_postgres::Error> {
                Ok(DailyTotals {
                    day: row.try_get(0)?,
                    students: row.try_get(1)?,
                    conversations: row.try_get(2)?,
                    messages: row.try_get(3)?,
                })
            },
            mapper: |it| DailyTotals::from(it),
        }
    }
}
pub struct CountDayStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn count_day() -> CountDayStmt {
    CountDayStmt(
        "select $1::date as day, (select count(*) from ( select user_id from conversations where id >= $2 and id < $3 union select user_id from messages where created_at >= $4 and created_at < $5 and by_student) active )::integer as students, (select count(*) from conversations where id >= $2 and id < $3)::integer as conversations, (select count(*) from messages where created_at >= $4 and created_at < $5)::integer as messages",
        None,
    )
}
impl CountDayStmt {
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
        day: &'a jiff::civil::Date,
        first_id: &'a uuid::Uuid,
        end_id: &'a uuid::Uuid,
        starts_at: &'a jiff::Timestamp,
        ends_at: &'a jiff::Timestamp,
    ) -> DailyTotalsQuery<'c, 'a, 's, C, DailyTotals, 5> {
        DailyTotalsQuery {
            client,
            params: [day, first_id, end_id, starts_at, ends_at],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row: &tokio_postgres::Row| -> Result<DailyTotals, tokio_postgres::Error> {
                Ok(DailyTotals {
                    day: row.try_get(0)?,
                    students: row.try_get(1)?,
                    conversations: row.try_get(2)?,
                    messages: row.try_get(3)?,
                })
            },
            mapper: |it| DailyTotals::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        CountDayParams,
        DailyTotalsQuery<'c, 'a, 's, C, DailyTotals, 5>,
        C,
    > for CountDayStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a CountDayParams,
    ) -> DailyTotalsQuery<'c, 'a, 's, C, DailyTotals, 5> {
        self.bind(
            client,
            &params.day,
            &params.first_id,
            &params.end_id,
            &params.starts_at,
            &params.ends_at,
        )
    }
}
pub struct SealDayStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn seal_day() -> SealDayStmt {
    SealDayStmt(
        "insert into daily_totals (day, students, conversations, messages) values ($1, $2, $3, $4) on conflict do nothing",
        None,
    )
}
impl SealDayStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    async fn bind<'c, 'a, 's, C: GenericClient>(
        &'s self,
        client: &'c C,
        day: &'a jiff::civil::Date,
        students: &'a i32,
        conversations: &'a i32,
        messages: &'a i32,
    ) -> Result<u64, tokio_postgres::Error> {
        client
            .execute(self.0, &[day, students, conversations, messages])
            .await
    }
}
impl<'a, C: GenericClient + Send + Sync>
    crate::client::async_::Params<
        'a,
        'a,
        'a,
        SealDayParams,
        std::pin::Pin<
            Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
        >,
        C,
    > for SealDayStmt
{
    fn params(
        &'a self,
        client: &'a C,
        params: &'a SealDayParams,
    ) -> std::pin::Pin<
        Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
    > {
        Box::pin(self.bind(
            client,
            &params.day,
            &params.students,
            &params.conversations,
            &params.messages,
        ))
    }
}
pub struct RecentConversationsStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn recent_conversations() -> RecentConversationsStmt {
    RecentConversationsStmt(
        "select c.id, c.user_id, s.name, c.topic, c.completed_at, c.last_position, c.started_at from conversations c join students s on s.user_id = c.user_id order by c.id desc limit $1",
        None,
    )
}
impl RecentConversationsStmt {
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
        most: &'a i64,
    ) -> RecentConversationQuery<'c, 'a, 's, C, RecentConversation, 1> {
        RecentConversationQuery {
            client,
            params: [most],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |
                row: &tokio_postgres::Row,
            | -> Result<RecentConversationBorrowed, tokio_postgres::Error> {
                Ok(RecentConversationBorrowed {
                    id: row.try_get(0)?,
                    user_id: row.try_get(1)?,
                    name: row.try_get(2)?,
                    topic: row.try_get(3)?,
                    completed_at: row.try_get(4)?,
                    last_position: row.try_get(5)?,
                    started_at: row.try_get(6)?,
                })
            },
            mapper: |it| RecentConversation::from(it),
        }
    }
}
pub struct ConversationAndStudentStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn conversation_and_student() -> ConversationAndStudentStmt {
    ConversationAndStudentStmt(
        "select c.id, c.topic, c.last_position, c.started_at, c.completed_at, c.duration_seconds, s.user_id, s.name, s.age, s.location, s.cefr_level from conversations c join students s on s.user_id = c.user_id where c.id = $1",
        None,
    )
}
impl ConversationAndStudentStmt {
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
        id: &'a uuid::Uuid,
    ) -> ConversationAndStudentQuery<'c, 'a, 's, C, ConversationAndStudent, 1> {
        ConversationAndStudentQuery {
            client,
            params: [id],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |
                row: &tokio_postgres::Row,
            | -> Result<ConversationAndStudentBorrowed, tokio_postgres::Error> {
                Ok(ConversationAndStudentBorrowed {
                    id: row.try_get(0)?,
                    topic: row.try_get(1)?,
                    last_position: row.try_get(2)?,
                    started_at: row.try_get(3)?,
                    completed_at: row.try_get(4)?,
                    duration_seconds: row.try_get(5)?,
                    user_id: row.try_get(6)?,
                    name: row.try_get(7)?,
                    age: row.try_get(8)?,
                    location: row.try_get(9)?,
                    cefr_level: row.try_get(10)?,
                })
            },
            mapper: |it| ConversationAndStudent::from(it),
        }
    }
}
