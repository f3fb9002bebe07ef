// This file was generated with `cornucopia`. Do not modify.

#[derive(Debug)]
pub struct UpdateProfileParams<T1: crate::StringSql, T2: crate::StringSql> {
    pub change_name: bool,
    pub name: Option<T1>,
    pub change_age: bool,
    pub age: Option<i16>,
    pub change_location: bool,
    pub location: Option<T2>,
    pub now: jiff::Timestamp,
    pub user_id: uuid::Uuid,
}
#[derive(Clone, Copy, Debug)]
pub struct UpdateFocusParams {
    pub grammar: Option<bool>,
    pub vocab: Option<bool>,
    pub fluency: Option<bool>,
    pub now: jiff::Timestamp,
    pub user_id: uuid::Uuid,
}
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
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
}
pub struct ProfileBorrowed<'a> {
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
}
impl<'a> From<ProfileBorrowed<'a>> for Profile {
    fn from(
        ProfileBorrowed {
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
        }: ProfileBorrowed<'a>,
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
        }
    }
}
use crate::client::async_::GenericClient;
use futures::{self, StreamExt, TryStreamExt};
pub struct ProfileQuery<'c, 'a, 's, C: GenericClient, T, const N: usize> {
    client: &'c C,
    params: [&'a (dyn postgres_types::ToSql + Sync); N],
    query: &'static str,
    cached: Option<&'s tokio_postgres::Statement>,
    extractor: fn(&tokio_postgres::Row) -> Result<ProfileBorrowed, tokio_postgres::Error>,
    mapper: fn(ProfileBorrowed) -> T,
}
impl<'c, 'a, 's, C, T: 'c, const N: usize> ProfileQuery<'c, 'a, 's, C, T, N>
where
    C: GenericClient,
{
    pub fn map<R>(self, mapper: fn(ProfileBorrowed) -> R) -> ProfileQuery<'c, 'a, 's, C, R, N> {
        ProfileQuery {
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
pub struct ProfileStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn profile() -> ProfileStmt {
    ProfileStmt(
        "select user_id, name, age, location, cefr_level, focus_grammar, focus_vocab, focus_fluency, created_at, updated_at from students where user_id = $1",
        None,
    )
}
impl ProfileStmt {
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
    ) -> ProfileQuery<'c, 'a, 's, C, Profile, 1> {
        ProfileQuery {
            client,
            params: [user_id],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<ProfileBorrowed, tokio_postgres::Error> {
                    Ok(ProfileBorrowed {
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
                    })
                },
            mapper: |it| Profile::from(it),
        }
    }
}
pub struct StudentExistsStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn student_exists() -> StudentExistsStmt {
    StudentExistsStmt(
        "select true as there from students where user_id = $1",
        None,
    )
}
impl StudentExistsStmt {
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
    ) -> BoolQuery<'c, 'a, 's, C, bool, 1> {
        BoolQuery {
            client,
            params: [user_id],
            query: self.0,
            cached: self.1.as_ref(),
            extractor: |row| Ok(row.try_get(0)?),
            mapper: |it| it,
        }
    }
}
pub struct UpdateProfileStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn update_profile() -> UpdateProfileStmt {
    UpdateProfileStmt(
        "update students set name = case when $1 then $2 else name end, age = case when $3 then $4 else age end, location = case when $5 then $6 else location end, updated_at = $7 where user_id = $8 returning user_id, name, age, location, cefr_level, focus_grammar, focus_vocab, focus_fluency, created_at, updated_at",
        None,
    )
}
impl UpdateProfileStmt {
    pub async fn prepare<'a, C: GenericClient>(
        mut self,
        client: &'a C,
    ) -> Result<Self, tokio_postgres::Error> {
        self.1 = Some(client.prepare(self.0).await?);
        Ok(self)
    }
    fn bind<'c, 'a, 's, C: GenericClient, T1: crate::StringSql, T2: crate::StringSql>(
        &'s self,
        client: &'c C,
        change_name: &'a bool,
        name: &'a Option<T1>,
        change_age: &'a bool,
        age: &'a Option<i16>,
        change_location: &'a bool,
        location: &'a Option<T2>,
        now: &'a jiff::Timestamp,
        user_id: &'a uuid::Uuid,
    ) -> ProfileQuery<'c, 'a, 's, C, Profile, 8> {
        ProfileQuery {
            client,
            params: [
                change_name,
                name,
                change_age,
                age,
                change_location,
                location,
                now,
                user_id,
            ],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<ProfileBorrowed, tokio_postgres::Error> {
                    Ok(ProfileBorrowed {
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
                    })
                },
            mapper: |it| Profile::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient, T1: crate::StringSql, T2: crate::StringSql>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        UpdateProfileParams<T1, T2>,
        ProfileQuery<'c, 'a, 's, C, Profile, 8>,
        C,
    > for UpdateProfileStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a UpdateProfileParams<T1, T2>,
    ) -> ProfileQuery<'c, 'a, 's, C, Profile, 8> {
        self.bind(
            client,
            &params.change_name,
            &params.name,
            &params.change_age,
            &params.age,
            &params.change_location,
            &params.location,
            &params.now,
            &params.user_id,
        )
    }
}
pub struct UpdateFocusStmt(&'static str, Option<tokio_postgres::Statement>);
pub fn update_focus() -> UpdateFocusStmt {
    UpdateFocusStmt(
        "update students set focus_grammar = coalesce($1, focus_grammar), focus_vocab = coalesce($2, focus_vocab), focus_fluency = coalesce($3, focus_fluency), updated_at = $4 where user_id = $5 returning user_id, name, age, location, cefr_level, focus_grammar, focus_vocab, focus_fluency, created_at, updated_at",
        None,
    )
}
impl UpdateFocusStmt {
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
        grammar: &'a Option<bool>,
        vocab: &'a Option<bool>,
        fluency: &'a Option<bool>,
        now: &'a jiff::Timestamp,
        user_id: &'a uuid::Uuid,
    ) -> ProfileQuery<'c, 'a, 's, C, Profile, 5> {
        ProfileQuery {
            client,
            params: [grammar, vocab, fluency, now, user_id],
            query: self.0,
            cached: self.1.as_ref(),
            extractor:
                |row: &tokio_postgres::Row| -> Result<ProfileBorrowed, tokio_postgres::Error> {
                    Ok(ProfileBorrowed {
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
                    })
                },
            mapper: |it| Profile::from(it),
        }
    }
}
impl<'c, 'a, 's, C: GenericClient>
    crate::client::async_::Params<
        'c,
        'a,
        's,
        UpdateFocusParams,
        ProfileQuery<'c, 'a, 's, C, Profile, 5>,
        C,
    > for UpdateFocusStmt
{
    fn params(
        &'s self,
        client: &'c C,
        params: &'a UpdateFocusParams,
    ) -> ProfileQuery<'c, 'a, 's, C, Profile, 5> {
        self.bind(
            client,
            &params.grammar,
            &params.vocab,
            &params.fluency,
            &params.now,
            &params.user_id,
        )
    }
}
