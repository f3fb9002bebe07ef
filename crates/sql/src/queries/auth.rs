// This file was generated with `cornucopia`. Do not modify.

#[derive(Debug)]
pub struct CreateStudentParams<T1: crate::BytesSql, T2: crate::BytesSql> {
    pub user_id: uuid::Uuid,
    pub now: jiff::Timestamp,
    pub device_hash: T1,
    pub secret_hash: Option<T2>,
}
#[derive(Debug)]
pub struct SetDeviceSecretParams<T1: crate::BytesSql, T2: crate::BytesSql> {
    pub secret_hash: T1,
    pub device_hash: T2,
}
#[derive(Debug, Clone, PartialEq)]
pub struct Device {
    pub user_id: uuid::Uuid,
    pub secret_hash: Option<Vec<u8>>,
}
pub struct DeviceBorrowed<'a> {
    pub user_id: uuid::Uuid,
    pub secret_hash: Option<&'a [u8]>,
}
impl<'a> From<DeviceBorrowed<'a>> for Device {
    fn from(
        DeviceBorrowed {
            user_id,
            secret_hash,
        }: DeviceBorrowed<'a>,
    ) -> Self {
        Self {
            user_id,
            secret_hash: secret_hash.map(|v| v.into()),
        }
    }
}
use crate::client::async_::GenericClient;
use futures::{self, StreamExt, TryStreamExt};
pub struct DeviceQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<DeviceBorrowed, tokio_postgres::Error>,
    mapper: fn(DeviceBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> DeviceQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(DeviceBorrowed) -> R) -> DeviceQuery<'c, 'a, 's, C, R, N> {
        DeviceQuery {
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
pub struct DeviceStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn device() -> DeviceStmt {
    DeviceStmt(
        "select user_id, secret_hash from devices where device_hash = $1",
        None,
    )
}
impl DeviceStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    pub fn bind<'c, 'a, 's, C: GenericClient, T1: crate::BytesSql>(
        &'s self,
        client: &'c C,
        device_hash: &'a T1,
    ) -> DeviceQuery<'c, 'a, 's, C, Device, 1> {
        DeviceQuery {
            client,
            params: [device_hash],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<DeviceBorrowed, tokio_postgres::Error> {
                    Ok(DeviceBorrowed {
                        user_id: row.try_get(0)?,
                        secret_hash: row.try_get(1)?,
                    })
                },
            mapper: |it| Device::from(it),
        }
    }
}
pub struct CreateStudentStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn create_student() -> CreateStudentStmt {
    CreateStudentStmt(
        "with student as ( insert into students (user_id, created_at, updated_at, focus_grammar, focus_vocab, focus_fluency) values ($1, $2, $2, true, true, true) returning user_id ) insert into devices (device_hash, user_id, created_at, secret_hash) select $3, user_id, $2, $4 from student",
        None,
    )
}
impl CreateStudentStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    async fn bind<'c, 'a, 's, C: GenericClient, T1: crate::BytesSql, T2: crate::BytesSql>(
        &'s self,
        client: &'c C,
        user_id: &'a uuid::Uuid,
        now: &'a jiff::Timestamp,
        device_hash: &'a T1,
        secret_hash: &'a Option<T2>,
    ) -> Result<u64, tokio_postgres::Error> {
        client
            .execute(self.0, &[user_id, now, device_hash, secret_hash])
            .await
    }
}
impl<'a, C: GenericClient + Send + Sync, T1: crate::BytesSql, T2: crate::BytesSql>
    crate::client::async_::Params<
        'a,
        'a,
        'a,
        CreateStudentParams<T1, T2>,
        std::pin::Pin<
            Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
        >,
        C,
    > for CreateStudentStmt
{
    fn params(
        &'a self,
        client: &'a C,
        params: &'a CreateStudentParams<T1, T2>,
    ) -> std::pin::Pin<
        Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
    > {
        Box::pin(self.bind(
            client,
            &params.user_id,
            &params.now,
            &params.device_hash,
            &params.secret_hash,
        ))
    }
}
pub struct SetDeviceSecretStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn set_device_secret() -> SetDeviceSecretStmt {
    SetDeviceSecretStmt(
        "update devices set secret_hash = $1 where device_hash = $2 and secret_hash is null",
        None,
    )
}
impl SetDeviceSecretStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    async fn bind<'c, 'a, 's, C: GenericClient, T1: crate::BytesSql, T2: crate::BytesSql>(
        &'s self,
        client: &'c C,
        secret_hash: &'a T1,
        device_hash: &'a T2,
    ) -> Result<u64, tokio_postgres::Error> {
        client.execute(self.0, &[secret_hash, device_hash]).await
    }
}
impl<'a, C: GenericClient + Send + Sync, T1: crate::BytesSql, T2: crate::BytesSql>
    crate::client::async_::Params<
        'a,
        'a,
        'a,
        SetDeviceSecretParams<T1, T2>,
        std::pin::Pin<
            Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
        >,
        C,
    > for SetDeviceSecretStmt
{
    fn params(
        &'a self,
        client: &'a C,
        params: &'a SetDeviceSecretParams<T1, T2>,
    ) -> std::pin::Pin<
        Box<dyn futures::Future<Output = Result<u64, tokio_postgres::Error>> + Send + 'a>,
    > {
        Box::pin(self.bind(client, &params.secret_hash, &params.device_hash))
    }
}
