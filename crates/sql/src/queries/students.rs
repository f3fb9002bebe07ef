// This file was generated with `cornucopia`. Do not modify.

#[derive(Debug)]
pub struct StudentsParams<T1: crate::StringSql, T2: crate::StringSql, T3: crate::StringSql> {
    pub search: T1,
    pub sort: T2,
    pub after_key: T3,
    pub after_id: uuid::Uuid,
    pub most: i64,
}
#[derive(Clone, Copy, Debug)]
pub struct StudentConversationsParams {
    pub user_id: uuid::Uuid,
    pub before: uuid::Uuid,
    pub most: i64,
}
#[derive(Clone, Copy, Debug)]
pub struct TranscriptMessagesParams {
    pub user_id: uuid::Uuid,
    pub conversation_id: uuid::Uuid,
    pub most: i64,
}
#[derive(Clone, Copy, Debug)]
pub struct ModelUsageParams {
    pub since: jiff::Timestamp,
    pub most: i64,
}
#[derive(Debug, Clone, PartialEq)]
pub struct StudentRow {
    pub user_id: uuid::Uuid,
    pub name: Option<String>,
    pub age: Option<i16>,
    pub cefr_level: Option<String>,
    pub created_at: jiff::Timestamp,
    pub last_active_on: Option<jiff::civil::Date>,
    pub sort_key: String,
    pub conversations: i64,
    pub speaking_time_seconds: i64,
    pub words_spoken: i64,
}
pub struct StudentRowBorrowed<'a> {
    pub user_id: uuid::Uuid,
    pub name: Option<&'a str>,
    pub age: Option<i16>,
    pub cefr_level: Option<&'a str>,
    pub created_at: jiff::Timestamp,
    pub last_active_on: Option<jiff::civil::Date>,
    pub sort_key: &'a str,
    pub conversations: i64,
    pub speaking_time_seconds: i64,
    pub words_spoken: i64,
}
impl<'a> From<StudentRowBorrowed<'a>> for StudentRow {
    fn from(
        StudentRowBorrowed {
            user_id,
            name,
            age,
            cefr_level,
            created_at,
            last_active_on,
            sort_key,
            conversations,
            speaking_time_seconds,
            words_spoken,
        }: StudentRowBorrowed<'a>,
    ) -> Self {
        Self {
            user_id,
            name: name.map(|v| v.into()),
            age,
            cefr_level: cefr_level.map(|v| v.into()),
            created_at,
            last_active_on,
            sort_key: sort_key.into(),
            conversations,
            speaking_time_seconds,
            words_spoken,
        }
    }
}
#[derive(Debug, Clone, PartialEq)]
pub struct StudentProfile {
    pub user_id: uuid::Uuid,
    pub name: Option<String>,
    pub age: Option<i16>,
    pub location: Option<String>,
    pub cefr_level: Option<String>,
    pub focus_grammar: bool,
    pub focus_vocab: bool,
    pub focus_fluency: bool,
    pub created_at: jiff::Timestamp,
    pub updated_at: jiff::Timestamp,
    pub last_active_on: Option<jiff::civil::Date>,
}
pub struct StudentProfileBorrowed<'a> {
    pub user_id: uuid::Uuid,
    pub name: Option<&'a str>,
    pub age: Option<i16>,
    pub location: Option<&'a str>,
    pub cefr_level: Option<&'a str>,
    pub focus_grammar: bool,
    pub focus_vocab: bool,
    pub focus_fluency: bool,
    pub created_at: jiff::Timestamp,
    pub updated_at: jiff::Timestamp,
    pub last_active_on: Option<jiff::civil::Date>,
}
impl<'a> From<StudentProfileBorrowed<'a>> for StudentProfile {
    fn from(
        StudentProfileBorrowed {
            user_id,
            name,
            age,
            location,
            cefr_level,
            focus_grammar,
            focus_vocab,
            focus_fluency,
            created_at,
            updated_at,
            last_active_on,
        }: StudentProfileBorrowed<'a>,
    ) -> Self {
        Self {
            user_id,
            name: name.map(|v| v.into()),
            age,
            location: location.map(|v| v.into()),
            cefr_level: cefr_level.map(|v| v.into()),
            focus_grammar,
            focus_vocab,
            focus_fluency,
            created_at,
            updated_at,
            last_active_on,
        }
    }
}
#[derive(Debug, Clone, PartialEq)]
pub struct StudentConversation {
    pub id: uuid::Uuid,
    pub topic: Option<String>,
    pub last_position: i32,
    pub started_at: jiff::Timestamp,
    pub completed_at: Option<jiff::Timestamp>,
    pub duration_seconds: Option<i32>,
    pub student_messages: i32,
    pub student_words: i32,
    pub corrections_grammar: i32,
    pub corrections_vocab: i32,
    pub corrections_fluency: i32,
    pub corrections_spelling: i32,
    pub corrections_pronunciation: i32,
}
pub struct StudentConversationBorrowed<'a> {
    pub id: uuid::Uuid,
    pub topic: Option<&'a str>,
    pub last_position: i32,
    pub started_at: jiff::Timestamp,
    pub completed_at: Option<jiff::Timestamp>,
    pub duration_seconds: Option<i32>,
    pub student_messages: i32,
    pub student_words: i32,
    pub corrections_grammar: i32,
    pub corrections_vocab: i32,
    pub corrections_fluency: i32,
    pub corrections_spelling: i32,
    pub corrections_pronunciation: i32,
}
impl<'a> From<StudentConversationBorrowed<'a>> for StudentConversation {
    fn from(
        StudentConversationBorrowed {
            id,
            topic,
            last_position,
            started_at,
            completed_at,
            duration_seconds,
            student_messages,
            student_words,
            corrections_grammar,
            corrections_vocab,
            corrections_fluency,
            corrections_spelling,
            corrections_pronunciation,
        }: StudentConversationBorrowed<'a>,
    ) -> Self {
        Self {
            id,
            topic: topic.map(|v| v.into()),
            last_position,
            started_at,
            completed_at,
            duration_seconds,
            student_messages,
            student_words,
            corrections_grammar,
            corrections_vocab,
            corrections_fluency,
            corrections_spelling,
            corrections_pronunciation,
        }
    }
}
#[derive(Debug, Clone, PartialEq)]
pub struct TranscriptMessage {
    pub id: uuid::Uuid,
    pub position: i32,
    pub by_student: bool,
    pub content: String,
    pub corrections: serde_json::Value,
    pub stt_ms: Option<i32>,
    pub llm_ms: Option<i32>,
    pub tts_ms: Option<i32>,
    pub created_at: jiff::Timestamp,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub degraded: Option<bool>,
    pub truncated: Option<bool>,
}
pub struct TranscriptMessageBorrowed<'a> {
    pub id: uuid::Uuid,
    pub position: i32,
    pub by_student: bool,
    pub content: &'a str,
    pub corrections: postgres_types::Json<&'a serde_json::value::RawValue>,
    pub stt_ms: Option<i32>,
    pub llm_ms: Option<i32>,
    pub tts_ms: Option<i32>,
    pub created_at: jiff::Timestamp,
    pub provider: Option<&'a str>,
    pub model: Option<&'a str>,
    pub degraded: Option<bool>,
    pub truncated: Option<bool>,
}
impl<'a> From<TranscriptMessageBorrowed<'a>> for TranscriptMessage {
    fn from(
        TranscriptMessageBorrowed {
            id,
            position,
            by_student,
            content,
            corrections,
            stt_ms,
            llm_ms,
            tts_ms,
            created_at,
            provider,
            model,
            degraded,
            truncated,
        }: TranscriptMessageBorrowed<'a>,
    ) -> Self {
        Self {
            id,
            position,
            by_student,
            content: content.into(),
            corrections: serde_json::from_str(corrections.0.get()).unwrap(),
            stt_ms,
            llm_ms,
            tts_ms,
            created_at,
            provider: provider.map(|v| v.into()),
            model: model.map(|v| v.into()),
            degraded,
            truncated,
        }
    }
}
#[derive(Debug, Clone, PartialEq)]
pub struct ModelUsage {
    pub provider: String,
    pub model: String,
    pub replies: i64,
    pub degraded_replies: i64,
    pub truncated_replies: i64,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
}
pub struct ModelUsageBorrowed<'a> {
    pub provider: &'a str,
    pub model: &'a str,
    pub replies: i64,
    pub degraded_replies: i64,
    pub truncated_replies: i64,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
}
impl<'a> From<ModelUsageBorrowed<'a>> for ModelUsage {
    fn from(
        ModelUsageBorrowed {
            provider,
            model,
            replies,
            degraded_replies,
            truncated_replies,
            prompt_tokens,
            completion_tokens,
        }: ModelUsageBorrowed<'a>,
    ) -> Self {
        Self {
            provider: provider.into(),
            model: model.into(),
            replies,
            degraded_replies,
            truncated_replies,
            prompt_tokens,
            completion_tokens,
        }
    }
}
use crate::client::async_::GenericClient;
use futures::{self, StreamExt, TryStreamExt};
pub struct StudentRowQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<StudentRowBorrowed, tokio_postgres::Error>,
    mapper: fn(StudentRowBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> StudentRowQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(StudentRowBorrowed) -> R,
    ) -> StudentRowQuery<'c, 'a, 's, C, R, N> {
        StudentRowQuery {
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
pub struct StudentProfileQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<StudentProfileBorrowed, tokio_postgres::Error>,
    mapper: fn(StudentProfileBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> StudentProfileQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(StudentProfileBorrowed) -> R,
    ) -> StudentProfileQuery<'c, 'a, 's, C, R, N> {
        StudentProfileQuery {
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
pub struct I64Query<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<i64, tokio_postgres::Error>,
    mapper: fn(i64) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> I64Query<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(i64) -> R) -> I64Query<'c, 'a, 's, C, R, N> {
        I64Query {
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
pub struct StudentConversationQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor:
        fn(&tokio_postgres::Row) -> Result<StudentConversationBorrowed, tokio_postgres::Error>,
    mapper: fn(StudentConversationBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> StudentConversationQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(StudentConversationBorrowed) -> R,
    ) -> StudentConversationQuery<'c, 'a, 's, C, R, N> {
        StudentConversationQuery {
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
pub struct TranscriptMessageQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<TranscriptMessageBorrowed, tokio_postgres::Error>,
    mapper: fn(TranscriptMessageBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> TranscriptMessageQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(TranscriptMessageBorrowed) -> R,
    ) -> TranscriptMessageQuery<'c, 'a, 's, C, R, N> {
        TranscriptMessageQuery {
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
pub struct ModelUsageQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<ModelUsageBorrowed, tokio_postgres::Error>,
    mapper: fn(ModelUsageBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> ModelUsageQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(ModelUsageBorrowed) -> R,
    ) -> ModelUsageQuery<'c, 'a, 's, C, R, N> {
        ModelUsageQuery {
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
pub struct StudentsStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn students() -> StudentsStmt {
    StudentsStmt(
        "with wanted as materialized ( select nullif(replace(replace(replace( translate(lower(regexp_replace(normalize($1::text, nfkd), '[\\u0300-\\u036f]', '', 'g')), 'łŁøØđĐðÐħĦı', 'llooddddhhi'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), '') as words ), keyed as ( select user_id, name, age, cefr_level, created_at, last_active_on, case $2::text when 'name' then coalesce('0' || folded_name, '1') when 'level' then coalesce('0' || cefr_level, '1') when 'active' then coalesce('0' || lpad((5000000 - (last_active_on - date '1970-01-01'))::text, 7, '0'), '1') else lpad((900000000000000000 - (extract(epoch from created_at) * 1000000)::bigint)::text, 18, '0') end collate \"C\" as sort_key from students where $1::text = '' or strpos(folded_name, (select words from wanted)) > 0 or starts_with(user_id::text, lower($1)) ), page as ( select user_id, name, age, cefr_level, created_at, last_active_on, sort_key from keyed where (sort_key, user_id) > ($3::text collate \"C\", $4::uuid) order by sort_key, user_id limit $5 ) select p.user_id, p.name, p.age, p.cefr_level, p.created_at, p.last_active_on, p.sort_key, c.conversations, c.speaking_time_seconds, c.words_spoken from page p cross join lateral ( select count(*) as conversations, coalesce(sum(duration_seconds), 0)::bigint as speaking_time_seconds, coalesce(sum(student_words), 0)::bigint as words_spoken from conversations where user_id = p.user_id ) c order by p.sort_key, p.user_id",
        None,
    )
}
impl StudentsStmt {
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
        T2: crate::StringSql,
        T3: crate::StringSql,
    >(
        &'s self,
        client: &'c C,
        search: &'a T1,
        sort: &'a T2,
        after_key: &'a T3,
        after_id: &'a uuid::Uuid,
        most: &'a i64,
    ) -> StudentRowQuery<'c, 'a, 's, C, StudentRow, 5> {
        StudentRowQuery {
            client,
            params: [search, sort, after_key, after_id, most],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<StudentRowBorrowed, tokio_postgres::Error> {
                    Ok(StudentRowBorrowed {
                        user_id: row.try_get(0)?,
                        name: row.try_get(1)?,
                        age: row.try_get(2)?,
                        cefr_level: row.try_get(3)?,
                        created_at: row.try_get(4)?,
                        last_active_on: row.try_get(5)?,
                        sort_key: row.try_get(6)?,
                        conversations: row.try_get(7)?,
                        speaking_time_seconds: row.try_get(8)?,
                        words_spoken: row.try_get(9)?,
                    })
                },
            mapper: |it| StudentRow::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::StringSql, T2: crate::StringSql, T3: crate::StringSql>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        StudentsParams<T1, T2, T3>,
        StudentRowQuery<'c, 'a, 's, C, StudentRow, 5>,
        C,
    > for StudentsStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a StudentsParams<T1, T2, T3>,
    ) -> StudentRowQuery<'c, 'a, 's, C, StudentRow, 5> {
        self.bind(
            client,
            &params.search,
            &params.sort,
            &params.after_key,
            &params.after_id,
            &params.most,
        )
    }
}
pub struct StudentProfileStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn student_profile() -> StudentProfileStmt {
    StudentProfileStmt(
        "select user_id, name, age, location, cefr_level, focus_grammar, focus_vocab, focus_fluency, created_at, updated_at, last_active_on from students where user_id = $1",
        None,
    )
}
impl StudentProfileStmt {
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
    ) -> StudentProfileQuery<'c, 'a, 's, C, StudentProfile, 1> {
        StudentProfileQuery {
            client,
            params: [user_id],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |
                row: &tokio_postgres::Row,
            | -> Result<StudentProfileBorrowed, tokio_postgres::Error> {
                Ok(StudentProfileBorrowed {
                    user_id: row.try_get(0)?,
                    name: row.try_get(1)?,
                    age: row.try_get(2)?,
                    location: row.try_get(3)?,
                    cefr_level: row.try_get(4)?,
                    focus_grammar: row.try_get(5)?,
                    focus_vocab: row.try_get(6)?,
                    focus_fluency: row.try_get(7)?,
                    created_at: row.try_get(8)?,
                    updated_at: row.try_get(9)?,
                    last_active_on: row.try_get(10)?,
                })
            },
            mapper: |it| StudentProfile::from(it),
        }
    }
}
pub struct PlacementCountStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn placement_count() -> PlacementCountStmt {
    PlacementCountStmt(
        "select count(*) as placements from placements where user_id = $1",
        None,
    )
}
impl PlacementCountStmt {
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
    ) -> I64Query<'c, 'a, 's, C, i64, 1> {
        I64Query {
            client,
            params: [user_id],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row| Ok(row.try_get(0)?),
            mapper: |it| it,
        }
    }
}
pub struct StudentConversationsStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn student_conversations() -> StudentConversationsStmt {
    StudentConversationsStmt(
        "select id, topic, last_position, started_at, completed_at, duration_seconds, student_messages, student_words, corrections_grammar, corrections_vocab, corrections_fluency, corrections_spelling, corrections_pronunciation from conversations where user_id = $1 and id < $2 order by id desc limit $3",
        None,
    )
}
impl StudentConversationsStmt {
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
    ) -> StudentConversationQuery<'c, 'a, 's, C, StudentConversation, 3> {
        StudentConversationQuery {
            client,
            params: [user_id, before, most],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |
                row: &tokio_postgres::Row,
            | -> Result<StudentConversationBorrowed, tokio_postgres::Error> {
                Ok(StudentConversationBorrowed {
                    id: row.try_get(0)?,
                    topic: row.try_get(1)?,
                    last_position: row.try_get(2)?,
                    started_at: row.try_get(3)?,
                    completed_at: row.try_get(4)?,
                    duration_seconds: row.try_get(5)?,
                    student_messages: row.try_get(6)?,
                    student_words: row.try_get(7)?,
                    corrections_grammar: row.try_get(8)?,
                    corrections_vocab: row.try_get(9)?,
                    corrections_fluency: row.try_get(10)?,
                    corrections_spelling: row.try_get(11)?,
                    corrections_pronunciation: row.try_get(12)?,
                })
            },
            mapper: |it| StudentConversation::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        StudentConversationsParams,
        StudentConversationQuery<'c, 'a, 's, C, StudentConversation, 3>,
        C,
    > for StudentConversationsStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a StudentConversationsParams,
    ) -> StudentConversationQuery<'c, 'a, 's, C, StudentConversation, 3> {
        self.bind(client, &params.user_id, &params.before, &params.most)
    }
}
pub struct TranscriptMessagesStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn transcript_messages() -> TranscriptMessagesStmt {
    TranscriptMessagesStmt(
        "select id, position, by_student, content, corrections, stt_ms, llm_ms, tts_ms, created_at, provider, model, degraded, truncated from messages where user_id = $1 and conversation_id = $2 order by position limit $3",
        None,
    )
}
impl TranscriptMessagesStmt {
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
        most: &'a i64,
    ) -> TranscriptMessageQuery<'c, 'a, 's, C, TranscriptMessage, 3> {
        TranscriptMessageQuery {
            client,
            params: [user_id, conversation_id, most],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |
                row: &tokio_postgres::Row,
            | -> Result<TranscriptMessageBorrowed, tokio_postgres::Error> {
                Ok(TranscriptMessageBorrowed {
                    id: row.try_get(0)?,
                    position: row.try_get(1)?,
                    by_student: row.try_get(2)?,
                    content: row.try_get(3)?,
                    corrections: row.try_get(4)?,
                    stt_ms: row.try_get(5)?,
                    llm_ms: row.try_get(6)?,
                    tts_ms: row.try_get(7)?,
                    created_at: row.try_get(8)?,
                    provider: row.try_get(9)?,
                    model: row.try_get(10)?,
                    degraded: row.try_get(11)?,
                    truncated: row.try_get(12)?,
                })
            },
            mapper: |it| TranscriptMessage::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        TranscriptMessagesParams,
        TranscriptMessageQuery<'c, 'a, 's, C, TranscriptMessage, 3>,
        C,
    > for TranscriptMessagesStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a TranscriptMessagesParams,
    ) -> TranscriptMessageQuery<'c, 'a, 's, C, TranscriptMessage, 3> {
        self.bind(
            client,
            &params.user_id,
            &params.conversation_id,
            &params.most,
        )
    }
}
pub struct ModelUsageStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn model_usage() -> ModelUsageStmt {
    ModelUsageStmt(
        "with recent as ( select provider, model, degraded, truncated, attempts, coalesce(prompt_tokens, 0)::bigint as prompt, coalesce(completion_tokens, 0)::bigint as completion from messages where created_at > $1 and provider is not null ), lost as ( select a.provider, a.model, r.provider as answered_by, r.model as answered_with, coalesce(a.prompt_tokens, 0)::bigint as prompt, coalesce(a.completion_tokens, 0)::bigint as completion from recent r cross join lateral jsonb_to_recordset(r.attempts) as a (provider text, model text, won boolean, prompt_tokens integer, completion_tokens integer) where not a.won and coalesce(a.prompt_tokens, 0) + coalesce(a.completion_tokens, 0) > 0 ), counted as ( select provider, model, 1 as reply, degraded, truncated, prompt, completion from recent union all select provider, model, 0, false, false, prompt, completion from lost union all select answered_by, answered_with, 0, false, false, -prompt, -completion from lost ) select coalesce(provider, '') as provider, coalesce(model, '') as model, sum(reply)::bigint as replies, count(*) filter (where degraded) as degraded_replies, count(*) filter (where truncated) as truncated_replies, greatest(sum(prompt), 0)::bigint as prompt_tokens, greatest(sum(completion), 0)::bigint as completion_tokens from counted group by provider, model order by sum(reply) desc, provider, model limit $2",
        None,
    )
}
impl ModelUsageStmt {
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
        since: &'a jiff::Timestamp,
        most: &'a i64,
    ) -> ModelUsageQuery<'c, 'a, 's, C, ModelUsage, 2> {
        ModelUsageQuery {
            client,
            params: [since, most],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<ModelUsageBorrowed, tokio_postgres::Error> {
                    Ok(ModelUsageBorrowed {
                        provider: row.try_get(0)?,
                        model: row.try_get(1)?,
                        replies: row.try_get(2)?,
                        degraded_replies: row.try_get(3)?,
                        truncated_replies: row.try_get(4)?,
                        prompt_tokens: row.try_get(5)?,
                        completion_tokens: row.try_get(6)?,
                    })
                },
            mapper: |it| ModelUsage::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        ModelUsageParams,
        ModelUsageQuery<'c, 'a, 's, C, ModelUsage, 2>,
        C,
    > for ModelUsageStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a ModelUsageParams,
    ) -> ModelUsageQuery<'c, 'a, 's, C, ModelUsage, 2> {
        self.bind(client, &params.since, &params.most)
    }
}
