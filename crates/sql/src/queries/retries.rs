// This file was generated with `cornucopia`. Do not modify.

#[derive(Debug)]
pub struct RetryKeyParams<T1: crate::StringSql> {
    pub user_id: uuid::Uuid,
    pub key: uuid::Uuid,
    pub path: T1,
}
#[derive(Debug)]
pub struct TakeOverRetryKeyParams<T1: crate::StringSql> {
    pub claimed_until: jiff::Timestamp,
    pub user_id: uuid::Uuid,
    pub key: uuid::Uuid,
    pub path: T1,
    pub now: jiff::Timestamp,
}
#[derive(Debug)]
pub struct EndClaimParams<T1: crate::StringSql> {
    pub now: jiff::Timestamp,
    pub user_id: uuid::Uuid,
    pub key: uuid::Uuid,
    pub path: T1,
}
#[derive(Clone, Copy, Debug)]
pub struct EndClaimsOfTheDeadParams {
    pub now: jiff::Timestamp,
    pub since: jiff::Timestamp,
}
#[derive(Clone, Copy, Debug)]
pub struct PruneRetryKeysParams {
    pub before: jiff::Timestamp,
    pub most: i64,
}
#[derive(Debug, Clone, PartialEq)]
pub struct RetryKey {
    pub body_hash: Vec<u8>,
    pub claimed_until: Option<jiff::Timestamp>,
    pub message_id: Option<uuid::Uuid>,
    pub response: Option<serde_json::Value>,
}
pub struct RetryKeyBorrowed<'a> {
    pub body_hash: &'a [u8],
    pub claimed_until: Option<jiff::Timestamp>,
    pub message_id: Option<uuid::Uuid>,
    pub response: Option<postgres_types::Json<&'a serde_json::value::RawValue>>,
}
impl<'a> From<RetryKeyBorrowed<'a>> for RetryKey {
    fn from(
        RetryKeyBorrowed {
            body_hash,
            claimed_until,
            message_id,
            response,
        }: RetryKeyBorrowed<'a>,
    ) -> Self {
        Self {
            body_hash: body_hash.into(),
            claimed_until,
            message_id,
            response: response.map(|v| serde_json::from_str(v.0.get()).unwrap()),
        }
    }
}
use crate::client::async_::GenericClient;
use futures::{self, StreamExt, TryStreamExt};
pub struct RetryKeyQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<RetryKeyBorrowed, tokio_postgres::Error>,
    mapper: fn(RetryKeyBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> RetryKeyQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(RetryKeyBorrowed) -> R) -> RetryKeyQuery<'c, 'a, 's, C, R, N> {
        RetryKeyQuery {
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
pub struct OptionuuidUuidQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<Option<uuid::Uuid>, tokio_postgres::Error>,
    mapper: fn(Option<uuid::Uuid>) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> OptionuuidUuidQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(
        self,
        mapper: fn(Option<uuid::Uuid>) -> R,
    ) -> OptionuuidUuidQuery<'c, 'a, 's, C, R, N> {
        OptionuuidUuidQuery {
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
pub struct RetryKeyStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn retry_key() -> RetryKeyStmt {
    RetryKeyStmt(
        "select body_hash, claimed_until, message_id, response from retry_keys where user_id = $1 and key = $2 and path = $3",
        None,
    )
}
impl RetryKeyStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    fn bind<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>(
        &'s self,
        client: &'c C,
        user_id: &'a uuid::Uuid,
        key: &'a uuid::Uuid,
        path: &'a T1,
    ) -> RetryKeyQuery<'c, 'a, 's, C, RetryKey, 3> {
        RetryKeyQuery {
            client,
            params: [user_id, key, path],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<RetryKeyBorrowed, tokio_postgres::Error> {
                    Ok(RetryKeyBorrowed {
                        body_hash: row.try_get(0)?,
                        claimed_until: row.try_get(1)?,
                        message_id: row.try_get(2)?,
                        response: row.try_get(3)?,
                    })
                },
            mapper: |it| RetryKey::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        RetryKeyParams<T1>,
        RetryKeyQuery<'c, 'a, 's, C, RetryKey, 3>,
        C,
    > for RetryKeyStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a RetryKeyParams<T1>,
    ) -> RetryKeyQuery<'c, 'a, 's, C, RetryKey, 3> {
        self.bind(client, &params.user_id, &params.key, &params.path)
    }
}
pub struct TakeOverRetryKeyStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn take_over_retry_key() -> TakeOverRetryKeyStmt {
    TakeOverRetryKeyStmt(
        "update retry_keys set claimed_until = $1 where user_id = $2 and key = $3 and path = $4 and response is null and claimed_until <= $5 returning message_id",
        None,
    )
}
impl TakeOverRetryKeyStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    fn bind<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>(
        &'s self,
        client: &'c C,
        claimed_until: &'a jiff::Timestamp,
        user_id: &'a uuid::Uuid,
        key: &'a uuid::Uuid,
        path: &'a T1,
        now: &'a jiff::Timestamp,
    ) -> OptionuuidUuidQuery<'c, 'a, 's, C, Option<uuid::Uuid>, 5> {
        OptionuuidUuidQuery {
            client,
            params: [claimed_until, user_id, key, path, now],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row| Ok(row.try_get(0)?),
            mapper: |it| it,
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        TakeOverRetryKeyParams<T1>,
        OptionuuidUuidQuery<'c, 'a, 's, C, Option<uuid::Uuid>, 5>,
        C,
    > for TakeOverRetryKeyStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a TakeOverRetryKeyParams<T1>,
    ) -> OptionuuidUuidQuery<'c, 'a, 's, C, Option<uuid::Uuid>, 5> {
        self.bind(
            client,
            &params.claimed_until,
            &params.user_id,
            &params.key,
            &params.path,
            &params.now,
        )
    }
}
pub struct EndClaimStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn end_claim() -> EndClaimStmt {
    EndClaimStmt(
        "update retry_keys set claimed_until = $1 where user_id = $2 and key = $3 and path = $4 and response is null",
        None,
    )
}
impl EndClaimStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    async fn bind<'c, 'a, 's, C: GenericClient, T1: crate::StringSql>(
        &'s self,
        client: &'c C,
        now: &'a jiff::Timestamp,
        user_id: &'a uuid::Uuid,
        key: &'a uuid::Uuid,
        path: &'a T1,
    ) -> Result<u64, tokio_postgres::Error> {
        client.execute(self.0, &[now, user_id, key, path]).await
    }
}
impl<'a, C: GenericClient + Send + Sync, T1: crate::StringSql>
    crate::client::async_::Params<
        'a,
        'a,
        'a,
        EndClaimParams<T1>,
        std::pin::Pin<
            Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
        >,
        C,
    > for EndClaimStmt
{
    fn params(
        &'a self,
        client: &'a C,
        params: &'a EndClaimParams<T1>,
    ) -> std::pin::Pin<
        Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
    > {
        Box::pin(self.bind(
            client,
            &params.now,
            &params.user_id,
            &params.key,
            &params.path,
        ))
    }
}
pub struct EndClaimsOfTheDeadStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn end_claims_of_the_dead() -> EndClaimsOfTheDeadStmt {
    EndClaimsOfTheDeadStmt(
        "update retry_keys set claimed_until = $1 where response is null and claimed_until > $1 and created_at > $2",
        None,
    )
}
impl EndClaimsOfTheDeadStmt {
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
        now: &'a jiff::Timestamp,
        since: &'a jiff::Timestamp,
    ) -> Result<u64, tokio_postgres::Error> {
        client.execute(self.0, &[now, since]).await
    }
}
impl<'a, C: GenericClient + Send + Sync>
    crate::client::async_::Params<
        'a,
        'a,
        'a,
        EndClaimsOfTheDeadParams,
        std::pin::Pin<
            Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
        >,
        C,
    > for EndClaimsOfTheDeadStmt
{
    fn params(
        &'a self,
        client: &'a C,
        params: &'a EndClaimsOfTheDeadParams,
    ) -> std::pin::Pin<
        Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
    > {
        Box::pin(self.bind(client, &params.now, &params.since))
    }
}
pub struct PruneRetryKeysStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn prune_retry_keys() -> PruneRetryKeysStmt {
    PruneRetryKeysStmt(
        "delete from retry_keys where (user_id, key, path) in ( select user_id, key, path from retry_keys where created_at < $1 limit $2 )",
        None,
    )
}
impl PruneRetryKeysStmt {
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
        before: &'a jiff::Timestamp,
        most: &'a i64,
    ) -> Result<u64, tokio_postgres::Error> {
        client.execute(self.0, &[before, most]).await
    }
}
impl<'a, C: GenericClient + Send + Sync>
    crate::client::async_::Params<
        'a,
        'a,
        'a,
        PruneRetryKeysParams,
        std::pin::Pin<
            Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
        >,
        C,
    > for PruneRetryKeysStmt
{
    fn params(
        &'a self,
        client: &'a C,
        params: &'a PruneRetryKeysParams,
    ) -> std::pin::Pin<
        Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
    > {
        Box::pin(self.bind(client, &params.before, &params.most))
    }
}
