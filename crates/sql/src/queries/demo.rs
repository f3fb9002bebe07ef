// This file was generated with `cornucopia`. Do not modify.

#[derive(Clone, Copy, Debug)]
pub struct RestateDayParams {
    pub students: i32,
    pub conversations: i32,
    pub messages: i32,
    pub day: jiff::civil::Date,
}
use crate::client::async_::GenericClient;
use futures::{self, StreamExt, TryStreamExt};
pub struct BoolQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<bool, tokio_postgres::Error>,
    mapper: fn(bool) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> BoolQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(bool) -> R) -> BoolQuery<'c, 'a, 's, C, R, N> {
        BoolQuery {
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
pub struct AnyStudentStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn any_student() -> AnyStudentStmt {
    AnyStudentStmt("select true as there from students limit 1", None)
}
impl AnyStudentStmt {
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
    ) -> BoolQuery<'c, 'a, 's, C, bool, 0> {
        BoolQuery {
            client,
            params: [],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row| Ok(row.try_get(0)?),
            mapper: |it| it,
        }
    }
}
pub struct DemoStudentsStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn demo_students() -> DemoStudentsStmt {
    DemoStudentsStmt(
        "insert into students (user_id, created_at, updated_at, last_active_on, age, focus_grammar, focus_vocab, focus_fluency, cefr_level, level_from, name, location) select user_id, created_at, updated_at, last_active_on, age, focus_grammar, focus_vocab, focus_fluency, cefr_level, level_from, name, location from jsonb_populate_recordset(null::students, $1)",
        None,
    )
}
impl DemoStudentsStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub async fn bind<'c, 'a, 's, C: GenericClient, T1: crate::JsonSql>(
        &'s self,
        client: &'c C,
        rows: &'a T1,
    ) -> Result<u64, tokio_postgres::Error> {
        client.execute(self.0, &[rows]).await
    }
}
pub struct DemoPlacementsStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn demo_placements() -> DemoPlacementsStmt {
    DemoPlacementsStmt(
        "insert into placements (user_id, id, created_at, confidence, score_grammar, score_vocab, score_fluency, duration_seconds, turn_count, scored, cefr_level, transcript) select user_id, id, created_at, confidence, score_grammar, score_vocab, score_fluency, duration_seconds, turn_count, scored, cefr_level, transcript from jsonb_populate_recordset(null::placements, $1)",
        None,
    )
}
impl DemoPlacementsStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub async fn bind<'c, 'a, 's, C: GenericClient, T1: crate::JsonSql>(
        &'s self,
        client: &'c C,
        rows: &'a T1,
    ) -> Result<u64, tokio_postgres::Error> {
        client.execute(self.0, &[rows]).await
    }
}
pub struct DemoConversationsStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn demo_conversations() -> DemoConversationsStmt {
    DemoConversationsStmt(
        "insert into conversations (user_id, id, started_at, completed_at, last_message_at, duration_seconds, last_position, student_messages, student_words, corrections_grammar, corrections_vocab, corrections_fluency, corrections_spelling, corrections_pronunciation, topic) select user_id, id, started_at, completed_at, last_message_at, duration_seconds, last_position, student_messages, student_words, corrections_grammar, corrections_vocab, corrections_fluency, corrections_spelling, corrections_pronunciation, topic from jsonb_populate_recordset(null::conversations, $1)",
        None,
    )
}
impl DemoConversationsStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub async fn bind<'c, 'a, 's, C: GenericClient, T1: crate::JsonSql>(
        &'s self,
        client: &'c C,
        rows: &'a T1,
    ) -> Result<u64, tokio_postgres::Error> {
        client.execute(self.0, &[rows]).await
    }
}
pub struct DemoMessagesStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn demo_messages() -> DemoMessagesStmt {
    DemoMessagesStmt(
        "insert into messages (user_id, conversation_id, position, word_count, id, created_at, stt_ms, llm_ms, tts_ms, first_token_ms, turn_ms, turn_stt_ms, answers_position, prompt_tokens, completion_tokens, degraded, truncated, by_student, provider, model, content, corrections) select user_id, conversation_id, position, word_count, id, created_at, stt_ms, llm_ms, tts_ms, first_token_ms, turn_ms, turn_stt_ms, answers_position, prompt_tokens, completion_tokens, degraded, truncated, by_student, provider, model, content, corrections from jsonb_populate_recordset(null::messages, $1)",
        None,
    )
}
impl DemoMessagesStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub async fn bind<'c, 'a, 's, C: GenericClient, T1: crate::JsonSql>(
        &'s self,
        client: &'c C,
        rows: &'a T1,
    ) -> Result<u64, tokio_postgres::Error> {
        client.execute(self.0, &[rows]).await
    }
}
pub struct DemoAnalysesStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn demo_analyses() -> DemoAnalysesStmt {
    DemoAnalysesStmt(
        "insert into analyses (user_id, conversation_id, created_at, up_to_position, result) select user_id, conversation_id, created_at, up_to_position, result from jsonb_populate_recordset(null::analyses, $1)",
        None,
    )
}
impl DemoAnalysesStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub async fn bind<'c, 'a, 's, C: GenericClient, T1: crate::JsonSql>(
        &'s self,
        client: &'c C,
        rows: &'a T1,
    ) -> Result<u64, tokio_postgres::Error> {
        client.execute(self.0, &[rows]).await
    }
}
pub struct RestateDayStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn restate_day() -> RestateDayStmt {
    RestateDayStmt(
        "update daily_totals set students = $1, conversations = $2, messages = $3 where day = $4",
        None,
    )
}
impl RestateDayStmt {
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
        students: &'a i32,
        conversations: &'a i32,
        messages: &'a i32,
        day: &'a jiff::civil::Date,
    ) -> Result<u64, tokio_postgres::Error> {
        client
            .execute(self.0, &[students, conversations, messages, day])
            .await
    }
}
impl<'a, C: GenericClient + Send + Sync>
    crate::client::async_::Params<
        'a,
        'a,
        'a,
        RestateDayParams,
        std::pin::Pin<
            Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
        >,
        C,
    > for RestateDayStmt
{
    fn params(
        &'a self,
        client: &'a C,
        params: &'a RestateDayParams,
    ) -> std::pin::Pin<
        Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
    > {
        Box::pin(self.bind(
            client,
            &params.students,
            &params.conversations,
            &params.messages,
            &params.day,
        ))
    }
}
