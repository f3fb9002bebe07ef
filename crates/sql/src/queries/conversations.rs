// This file was generated with `cornucopia`. Do not modify.

#[derive(Debug)]
pub struct CreateConversationParams<
    T1: crate::StringSql,
    T2: crate::BytesSql,
    T3: crate::JsonSql,
    T4: crate::StringSql,
> {
    pub user_id: uuid::Uuid,
    pub key: Option<uuid::Uuid>,
    pub path: Option<T1>,
    pub now: jiff::Timestamp,
    pub body_hash: Option<T2>,
    pub response: Option<T3>,
    pub today: jiff::civil::Date,
    pub id: uuid::Uuid,
    pub topic: Option<T4>,
}
#[derive(Clone, Copy, Debug)]
pub struct ConversationParams {
    pub user_id: uuid::Uuid,
    pub id: uuid::Uuid,
}
#[derive(Debug)]
pub struct ConversationsParams<T1: crate::ArraySql<Item = bool>> {
    pub user_id: uuid::Uuid,
    pub before: uuid::Uuid,
    pub completed: T1,
    pub most: i64,
}
#[derive(Clone, Copy, Debug)]
pub struct CompleteConversationParams {
    pub now: jiff::Timestamp,
    pub duration_seconds: Option<i32>,
    pub user_id: uuid::Uuid,
    pub id: uuid::Uuid,
    pub tts_ms: Option<i32>,
}
#[derive(Debug)]
pub struct AddMessageParams<
    T1: crate::StringSql,
    T2: crate::BytesSql,
    T3: crate::JsonSql,
    T4: crate::StringSql,
    T5: crate::JsonSql,
> {
    pub user_id: uuid::Uuid,
    pub conversation_id: uuid::Uuid,
    pub key: Option<uuid::Uuid>,
    pub path: Option<T1>,
    pub now: jiff::Timestamp,
    pub body_hash: Option<T2>,
    pub response: Option<T3>,
    pub by_student: bool,
    pub word_count: i32,
    pub corrections_grammar: i32,
    pub corrections_vocab: i32,
    pub corrections_fluency: i32,
    pub corrections_spelling: i32,
    pub corrections_pronunciation: i32,
    pub today: jiff::civil::Date,
    pub id: uuid::Uuid,
    pub stt_ms: Option<i32>,
    pub llm_ms: Option<i32>,
    pub tts_ms: Option<i32>,
    pub content: T4,
    pub corrections: T5,
}
#[derive(Clone, Copy, Debug)]
pub struct MessagesParams {
    pub user_id: uuid::Uuid,
    pub conversation_id: uuid::Uuid,
    pub after: i32,
    pub most: i64,
}
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    pub id: uuid::Uuid,
    pub topic: Option<String>,
    pub last_position: i32,
    pub started_at: jiff::Timestamp,
    pub completed_at: Option<jiff::Timestamp>,
    pub duration_seconds: Option<i32>,
}
pub struct ConversationBorrowed<'a> {
    pub id: uuid::Uuid,
    pub topic: Option<&'a str>,
    pub last_position: i32,
    pub started_at: jiff::Timestamp,
    pub completed_at: Option<jiff::Timestamp>,
    pub duration_seconds: Option<i32>,
}
impl<'a> From<ConversationBorrowed<'a>> for Conversation {
    fn from(
        ConversationBorrowed {
            id,
            topic,
            last_position,
            started_at,
            completed_at,
            duration_seconds,
        }: ConversationBorrowed<'a>,
    ) -> Self {
        Self {
            id,
            topic: topic.map(|v| v.into()),
            last_position,
            started_at,
            completed_at,
            duration_seconds,
        }
    }
}
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub id: uuid::Uuid,
    pub position: i32,
    pub by_student: bool,
    pub content: String,
    pub corrections: serde_json::Value,
    pub stt_ms: Option<i32>,
    pub llm_ms: Option<i32>,
    pub tts_ms: Option<i32>,
    pub created_at: jiff::Timestamp,
}
pub struct MessageBorrowed<'a> {
    pub id: uuid::Uuid,
    pub position: i32,
    pub by_student: bool,
    pub content: &'a str,
    pub corrections: postgres_types::Json<&'a serde_json::value::RawValue>,
    pub stt_ms: Option<i32>,
    pub llm_ms: Option<i32>,
    pub tts_ms: Option<i32>,
    pub created_at: jiff::Timestamp,
}
impl<'a> From<MessageBorrowed<'a>> for Message {
    fn from(
        MessageBorrowed {
            id,
            position,
            by_student,
            content,
            corrections,
            stt_ms,
            llm_ms,
            tts_ms,
            created_at,
        }: MessageBorrowed<'a>,
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
        }
    }
}
use crate::client::async_::GenericClient;
use futures::{self, StreamExt, TryStreamExt};
pub struct ConversationQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<ConversationBorrowed, tokio_postgres::Error>,
    mapper: fn(ConversationBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> ConversationQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(ConversationBorrowed) -> R,
    ) -> ConversationQuery<'c, 'a, 's, C, R, N> {
        ConversationQuery {
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
pub struct MessageQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<MessageBorrowed, tokio_postgres::Error>,
    mapper: fn(MessageBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> MessageQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(MessageBorrowed) -> R) -> MessageQuery<'c, 'a, 's, C, R, N> {
        MessageQuery {
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
pub struct CreateConversationStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn create_conversation() -> CreateConversationStmt {
    CreateConversationStmt(
        "with claim as ( insert into retry_keys (user_id, key, path, created_at, body_hash, response) select $1, $2::uuid, $3, $4, $5, $6 where $2::uuid is not null on conflict do nothing returning key ), student as ( update students set last_active_on = $7 where user_id = $1 and (last_active_on is null or last_active_on < $7) and ($2::uuid is null or exists (select from claim)) ) insert into conversations (user_id, id, started_at, topic) select $1, $8, $4, $9 where $2::uuid is null or exists (select from claim)",
        None,
    )
}
impl CreateConversationStmt {
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
    >(
        &'s self,
        client: &'c C,
        user_id: &'a uuid::Uuid,
        key: &'a Option<uuid::Uuid>,
        path: &'a Option<T1>,
        now: &'a jiff::Timestamp,
        body_hash: &'a Option<T2>,
        response: &'a Option<T3>,
        today: &'a jiff::civil::Date,
        id: &'a uuid::Uuid,
        topic: &'a Option<T4>,
    ) -> Result<u64, tokio_postgres::Error> {
        client
            .execute(
                self.0,
                &[
                    user_id, key, path, now, body_hash, response, today, id, topic,
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
>
    crate::client::async_::Params<
        'a,
        'a,
        'a,
        CreateConversationParams<T1, T2, T3, T4>,
        std::pin::Pin<
            Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
        >,
        C,
    > for CreateConversationStmt
{
    fn params(
        &'a self,
        client: &'a C,
        params: &'a CreateConversationParams<T1, T2, T3, T4>,
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
            &params.today,
            &params.id,
            &params.topic,
        ))
    }
}
pub struct ConversationStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn conversation() -> ConversationStmt {
    ConversationStmt(
        "select id, topic, last_position, started_at, completed_at, duration_seconds from conversations where user_id = $1 and id = $2",
        None,
    )
}
impl ConversationStmt {
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
        id: &'a uuid::Uuid,
    ) -> ConversationQuery<'c, 'a, 's, C, Conversation, 2> {
        ConversationQuery {
            client,
            params: [user_id, id],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<ConversationBorrowed, tokio_postgres::Error> {
                    Ok(ConversationBorrowed {
                        id: row.try_get(0)?,
                        topic: row.try_get(1)?,
                        last_position: row.try_get(2)?,
                        started_at: row.try_get(3)?,
                        completed_at: row.try_get(4)?,
                        duration_seconds: row.try_get(5)?,
                    })
                },
            mapper: |it| Conversation::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        ConversationParams,
        ConversationQuery<'c, 'a, 's, C, Conversation, 2>,
        C,
    > for ConversationStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a ConversationParams,
    ) -> ConversationQuery<'c, 'a, 's, C, Conversation, 2> {
        self.bind(client, &params.user_id, &params.id)
    }
}
pub struct ConversationsStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn conversations() -> ConversationsStmt {
    ConversationsStmt(
        "select id, topic, last_position, started_at, completed_at, duration_seconds from conversations where user_id = $1 and id < $2 and (completed_at is not null) = any($3) order by id desc limit $4",
        None,
    )
}
impl ConversationsStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    fn bind<'c, 'a, 's, C: GenericClient, T1: crate::ArraySql<Item = bool>>(
        &'s self,
        client: &'c C,
        user_id: &'a uuid::Uuid,
        before: &'a uuid::Uuid,
        completed: &'a T1,
        most: &'a i64,
    ) -> ConversationQuery<'c, 'a, 's, C, Conversation, 4> {
        ConversationQuery {
            client,
            params: [user_id, before, completed, most],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<ConversationBorrowed, tokio_postgres::Error> {
                    Ok(ConversationBorrowed {
                        id: row.try_get(0)?,
                        topic: row.try_get(1)?,
                        last_position: row.try_get(2)?,
                        started_at: row.try_get(3)?,
                        completed_at: row.try_get(4)?,
                        duration_seconds: row.try_get(5)?,
                    })
                },
            mapper: |it| Conversation::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::ArraySql<Item = bool>>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        ConversationsParams<T1>,
        ConversationQuery<'c, 'a, 's, C, Conversation, 4>,
        C,
    > for ConversationsStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a ConversationsParams<T1>,
    ) -> ConversationQuery<'c, 'a, 's, C, Conversation, 4> {
        self.bind(
            client,
            &params.user_id,
            &params.before,
            &params.completed,
            &params.most,
        )
    }
}
pub struct CompleteConversationStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn complete_conversation() -> CompleteConversationStmt {
    CompleteConversationStmt(
        "with done as ( update conversations set completed_at = $1, duration_seconds = coalesce($2, greatest(0, least(86400, floor(extract(epoch from least($1, coalesce(last_message_at, started_at) + interval '30 minutes') - started_at))))::integer) where user_id = $3 and id = $4 and completed_at is null returning id, topic, last_position, started_at, completed_at, duration_seconds ), spoken as ( update messages set tts_ms = $5 where $5::integer is not null and user_id = $3 and conversation_id = $4 and position = ( select position from messages where user_id = $3 and conversation_id = $4 and not by_student order by position desc limit 1) and exists (select from done) ) select id, topic, last_position, started_at, completed_at, duration_seconds from done",
        None,
    )
}
impl CompleteConversationStmt {
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
        now: &'a jiff::Timestamp,
        duration_seconds: &'a Option<i32>,
        user_id: &'a uuid::Uuid,
        id: &'a uuid::Uuid,
        tts_ms: &'a Option<i32>,
    ) -> ConversationQuery<'c, 'a, 's, C, Conversation, 5> {
        ConversationQuery {
            client,
            params: [now, duration_seconds, user_id, id, tts_ms],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<ConversationBorrowed, tokio_postgres::Error> {
                    Ok(ConversationBorrowed {
                        id: row.try_get(0)?,
                        topic: row.try_get(1)?,
                        last_position: row.try_get(2)?,
                        started_at: row.try_get(3)?,
                        completed_at: row.try_get(4)?,
                        duration_seconds: row.try_get(5)?,
                    })
                },
            mapper: |it| Conversation::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        CompleteConversationParams,
        ConversationQuery<'c, 'a, 's, C, Conversation, 5>,
        C,
    > for CompleteConversationStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a CompleteConversationParams,
    ) -> ConversationQuery<'c, 'a, 's, C, Conversation, 5> {
        self.bind(
            client,
            &params.now,
            &params.duration_seconds,
            &params.user_id,
            &params.id,
            &params.tts_ms,
        )
    }
}
pub struct AddMessageStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn add_message() -> AddMessageStmt {
    AddMessageStmt(
        "with open as ( select last_position + 1 as position from conversations where user_id = $1 and id = $2 and completed_at is null for no key update ), claim as ( insert into retry_keys (user_id, key, path, created_at, body_hash, response) select $1, $3::uuid, $4, $5, $6, jsonb_set($7, '{position}', to_jsonb(position)) from open where $3::uuid is not null on conflict do nothing returning key ), counted as ( update conversations set last_position = last_position + 1, last_message_at = $5, student_messages = student_messages + $8::boolean::integer, student_words = student_words + case when $8 then $9 else 0 end, corrections_grammar = corrections_grammar + $10, corrections_vocab = corrections_vocab + $11, corrections_fluency = corrections_fluency + $12, corrections_spelling = corrections_spelling + $13, corrections_pronunciation = corrections_pronunciation + $14 where user_id = $1 and id = $2 and completed_at is null and ($3::uuid is null or exists (select from claim)) returning last_position ), active as ( update students set last_active_on = $15 where $8 and user_id = $1 and (last_active_on is null or last_active_on < $15) and exists (select from counted) ) insert into messages (user_id, conversation_id, position, word_count, id, created_at, stt_ms, llm_ms, tts_ms, by_student, content, corrections) select $1, $2, last_position, $9, $16, $5, $17, $18, $19, $8, $20, $21 from counted returning position",
        None,
    )
}
impl AddMessageStmt {
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
        T3: crate::JsonSql,
        T4: crate::StringSql,
        T5: crate::JsonSql,
    >(
        &'s self,
        client: &'c C,
        user_id: &'a uuid::Uuid,
        conversation_id: &'a uuid::Uuid,
        key: &'a Option<uuid::Uuid>,
        path: &'a Option<T1>,
        now: &'a jiff::Timestamp,
        body_hash: &'a Option<T2>,
        response: &'a Option<T3>,
        by_student: &'a bool,
        word_count: &'a i32,
        corrections_grammar: &'a i32,
        corrections_vocab: &'a i32,
        corrections_fluency: &'a i32,
        corrections_spelling: &'a i32,
        corrections_pronunciation: &'a i32,
        today: &'a jiff::civil::Date,
        id: &'a uuid::Uuid,
        stt_ms: &'a Option<i32>,
        llm_ms: &'a Option<i32>,
        tts_ms: &'a Option<i32>,
        content: &'a T4,
        corrections: &'a T5,
    ) -> I32Query<'c, 'a, 's, C, i32, 21> {
        I32Query {
            client,
            params: [
                user_id,
                conversation_id,
                key,
                path,
                now,
                body_hash,
                response,
                by_student,
                word_count,
                corrections_grammar,
                corrections_vocab,
                corrections_fluency,
                corrections_spelling,
                corrections_pronunciation,
                today,
                id,
                stt_ms,
                llm_ms,
                tts_ms,
                content,
                corrections,
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
    T1: crate::StringSql,
    T2: crate::BytesSql,
    T3: crate::JsonSql,
    T4: crate::StringSql,
    T5: crate::JsonSql,
>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        AddMessageParams<T1, T2, T3, T4, T5>,
        I32Query<'c, 'a, 's, C, i32, 21>,
        C,
    > for AddMessageStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a AddMessageParams<T1, T2, T3, T4, T5>,
    ) -> I32Query<'c, 'a, 's, C, i32, 21> {
        self.bind(
            client,
            &params.user_id,
            &params.conversation_id,
            &params.key,
            &params.path,
            &params.now,
            &params.body_hash,
            &params.response,
            &params.by_student,
            &params.word_count,
            &params.corrections_grammar,
            &params.corrections_vocab,
            &params.corrections_fluency,
            &params.corrections_spelling,
            &params.corrections_pronunciation,
            &params.today,
            &params.id,
            &params.stt_ms,
            &params.llm_ms,
            &params.tts_ms,
            &params.content,
            &params.corrections,
        )
    }
}
pub struct MessagesStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn messages() -> MessagesStmt {
    MessagesStmt(
        "select id, position, by_student, content, corrections, stt_ms, llm_ms, tts_ms, created_at from messages where user_id = $1 and conversation_id = $2 and position > $3 order by position limit $4",
        None,
    )
}
impl MessagesStmt {
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
    ) -> MessageQuery<'c, 'a, 's, C, Message, 4> {
        MessageQuery {
            client,
            params: [user_id, conversation_id, after, most],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<MessageBorrowed, tokio_postgres::Error> {
                    Ok(MessageBorrowed {
                        id: row.try_get(0)?,
                        position: row.try_get(1)?,
                        by_student: row.try_get(2)?,
                        content: row.try_get(3)?,
                        corrections: row.try_get(4)?,
                        stt_ms: row.try_get(5)?,
                        llm_ms: row.try_get(6)?,
                        tts_ms: row.try_get(7)?,
                        created_at: row.try_get(8)?,
                    })
                },
            mapper: |it| Message::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        MessagesParams,
        MessageQuery<'c, 'a, 's, C, Message, 4>,
        C,
    > for MessagesStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a MessagesParams,
    ) -> MessageQuery<'c, 'a, 's, C, Message, 4> {
        self.bind(
            client,
            &params.user_id,
            &params.conversation_id,
            &params.after,
            &params.most,
        )
    }
}
