// This file was generated with `cornucopia`. Do not modify.

#[derive(Clone, Copy, Debug)]
pub struct LevelHistoryParams {
    pub user_id: uuid::Uuid,
    pub most: i64,
}
#[derive(Debug, Clone, PartialEq, Copy)]
pub struct ConversationFigures {
    pub started_at: jiff::Timestamp,
    pub duration_seconds: Option<i32>,
    pub student_messages: i32,
    pub student_words: i32,
    pub corrections_grammar: i32,
    pub corrections_vocab: i32,
    pub corrections_fluency: i32,
    pub corrections_spelling: i32,
    pub corrections_pronunciation: i32,
}
#[derive(Debug, Clone, PartialEq)]
pub struct LevelHistory {
    pub cefr_level: String,
    pub created_at: jiff::Timestamp,
}
pub struct LevelHistoryBorrowed<'a> {
    pub cefr_level: &'a str,
    pub created_at: jiff::Timestamp,
}
impl<'a> From<LevelHistoryBorrowed<'a>> for LevelHistory {
    fn from(
        LevelHistoryBorrowed {
            cefr_level,
            created_at,
        }: LevelHistoryBorrowed<'a>,
    ) -> Self {
        Self {
            cefr_level: cefr_level.into(),
            created_at,
        }
    }
}
use crate::client::async_::GenericClient;
use futures::{self, StreamExt, TryStreamExt};
pub struct ConversationFiguresQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<ConversationFigures, tokio_postgres::Error>,
    mapper: fn(ConversationFigures) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> ConversationFiguresQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(ConversationFigures) -> R,
    ) -> ConversationFiguresQuery<'c, 'a, 's, C, R, N> {
        ConversationFiguresQuery {
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
pub struct LevelHistoryQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<LevelHistoryBorrowed, tokio_postgres::Error>,
    mapper: fn(LevelHistoryBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> LevelHistoryQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(LevelHistoryBorrowed) -> R,
    ) -> LevelHistoryQuery<'c, 'a, 's, C, R, N> {
        LevelHistoryQuery {
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
pub struct ConversationFiguresStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn conversation_figures() -> ConversationFiguresStmt {
    ConversationFiguresStmt(
        "select started_at, duration_seconds, student_messages, student_words, corrections_grammar, corrections_vocab, corrections_fluency, corrections_spelling, corrections_pronunciation from conversations where user_id = $1 order by id",
        None,
    )
}
impl ConversationFiguresStmt {
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
    ) -> ConversationFiguresQuery<'c, 'a, 's, C, ConversationFigures, 1> {
        ConversationFiguresQuery {
            client,
            params: [user_id],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<ConversationFigures, tokio_postgres::Error> {
                    Ok(ConversationFigures {
                        started_at: row.try_get(0)?,
                        duration_seconds: row.try_get(1)?,
                        student_messages: row.try_get(2)?,
                        student_words: row.try_get(3)?,
                        corrections_grammar: row.try_get(4)?,
                        corrections_vocab: row.try_get(5)?,
                        corrections_fluency: row.try_get(6)?,
                        corrections_spelling: row.try_get(7)?,
                        corrections_pronunciation: row.try_get(8)?,
                    })
                },
            mapper: |it| ConversationFigures::from(it),
        }
    }
}
pub struct LevelHistoryStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn level_history() -> LevelHistoryStmt {
    LevelHistoryStmt(
        "select cefr_level, created_at from placements where user_id = $1 order by id desc limit $2",
        None,
    )
}
impl LevelHistoryStmt {
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
    ) -> LevelHistoryQuery<'c, 'a, 's, C, LevelHistory, 2> {
        LevelHistoryQuery {
            client,
            params: [user_id, most],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<LevelHistoryBorrowed, tokio_postgres::Error> {
                    Ok(LevelHistoryBorrowed {
                        cefr_level: row.try_get(0)?,
                        created_at: row.try_get(1)?,
                    })
                },
            mapper: |it| LevelHistory::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        LevelHistoryParams,
        LevelHistoryQuery<'c, 'a, 's, C, LevelHistory, 2>,
        C,
    > for LevelHistoryStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a LevelHistoryParams,
    ) -> LevelHistoryQuery<'c, 'a, 's, C, LevelHistory, 2> {
        self.bind(client, &params.user_id, &params.most)
    }
}
