//! Roles, database and schema: checked at every start, and changed only where they differ.

use std::fmt::Write as _;

use tokio_postgres::{
    Client, Config, NoTls,
    error::{DbError, SqlState},
    types::Type,
};

use super::{Settings, StartError};

/// Makes the cluster what [`Settings`] say. Both configurations name the application's database.
pub(super) async fn ensure(
    settings: &Settings,
    administrator: &Config,
    application: &Config,
) -> Result<(), StartError> {
    let mut administrator = administrator.clone();
    // Nothing of this belongs into the log: it has the verifier of the password in it.
    administrator.options("-c log_statement=none -c log_min_duration_statement=-1");
    let role_is_new = match set_up(settings, &administrator).await {
        Err(error) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => {
            make_database(settings, &administrator).await.map_err(refused(settings, "make the database"))?;
            set_up(settings, &administrator).await
        }
        known => known,
    }
    .map_err(refused(settings, "set up its roles and its schema"))?;
    if role_is_new || can_log_in(settings, application).await? {
        return Ok(());
    }
    tracing::info!(
        role = settings.app_role,
        "the application's password has changed: storing its new verifier"
    );
    store_password(settings, &administrator)
        .await
        .map_err(refused(settings, "change the application's password"))?;
    if can_log_in(settings, application).await? {
        return Ok(());
    }
    let because = "it refuses the password that it has just been given".into();
    Err(StartError::Refused { doing: "log in as the application", because })
}

async fn make_database(settings: &Settings, administrator: &Config) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = administrator.clone().dbname("postgres").connect(NoTls).await?;
    let owner = &settings.owner_role;
    over(connection, async move {
        let owners = "select from pg_roles where rolname = $1";
        if client.query_typed(owners, &[(owner, Type::TEXT)]).await?.is_empty() {
            client.batch_execute(&format!("create role {} nologin", name(owner))).await?;
        }
        let make = format!("create database {} owner {}", name(&settings.database), name(owner));
        client.batch_execute(&make).await
    })
    .await
}

async fn store_password(settings: &Settings, administrator: &Config) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = administrator.connect(NoTls).await?;
    let alter = format!("alter role {} {}", name(&settings.app_role), password(settings));
    over(connection, async move { client.batch_execute(&alter).await }).await
}

async fn set_up(settings: &Settings, administrator: &Config) -> Result<bool, tokio_postgres::Error> {
    let (client, connection) = administrator.connect(NoTls).await?;
    over(connection, async move { set_up_in_database(settings, &client).await }).await
}

/// What is there; every column is about one statement.
const FACTS: &str = "
    with owner as (select * from pg_roles where rolname = $1),
         app as (select * from pg_roles where rolname = $2),
         db as (select * from pg_database where datname = current_database()),
         schema as (select * from pg_namespace where nspname = $3)
    select
        exists (select from owner) as owner_exists,
        exists (select from owner where not (rolcanlogin or rolsuper or rolcreatedb or rolcreaterole
                                             or rolreplication or rolbypassrls)) as owner_is_plain,
        exists (select from app) as app_exists,
        exists (select from app where rolcanlogin and not (rolsuper or rolcreatedb or rolcreaterole
                                             or rolreplication or rolbypassrls)) as app_is_plain,
        exists (select from db join owner on db.datdba = owner.oid) as database_is_owned,
        not exists (select from db, aclexplode(coalesce(db.datacl, acldefault('d', db.datdba))) as acl
                    where acl.grantee = 0) as database_is_closed,
        exists (select from app where has_database_privilege(app.oid, current_database(), 'CONNECT')) as app_connects,
        exists (select from schema join owner on schema.nspowner = owner.oid) as schema_is_owned,
        exists (select from app, schema where has_schema_privilege(app.oid, schema.oid, 'USAGE')) as app_uses,
        exists (select from app, schema where has_schema_privilege(app.oid, schema.oid, 'CREATE')) as app_creates,
        exists (select from app, owner where pg_has_role(app.oid, owner.oid, 'MEMBER')) as app_is_owner,
        (select setconfig from pg_db_role_setting join app on setrole = app.oid
         where setdatabase = 0) as app_settings";

/// Returns whether the application's role was made, and so certainly has the right password.
async fn set_up_in_database(settings: &Settings, client: &Client) -> Result<bool, tokio_postgres::Error> {
    let parameters: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 3] = [
        (&settings.owner_role, Type::TEXT),
        (&settings.app_role, Type::TEXT),
        (&settings.database, Type::TEXT),
    ];
    let facts = client.query_typed(FACTS, &parameters).await?;
    let Some(facts) = facts.first() else { return Ok(false) };
    let is = |fact: &str| facts.try_get::<_, bool>(fact);
    let stored = facts.try_get::<_, Option<Vec<String>>>("app_settings")?.unwrap_or_default();

    let (owner, app) = (name(&settings.owner_role), name(&settings.app_role));
    let (database, schema) = (name(&settings.database), name(&settings.database));
    let plain = "nosuperuser nocreatedb nocreaterole noreplication nobypassrls";
    let role_is_new = !is("app_exists")?;
    let mut sql = String::new();
    let mut unless = |is_so: bool, statement: String| {
        if !is_so {
            sql.push_str(&statement);
            sql.push_str(";\n");
        }
    };
    unless(is("owner_exists")?, format!("create role {owner}"));
    unless(is("owner_is_plain")?, format!("alter role {owner} nologin {plain}"));
    // The verifier is slow to make, on purpose.
    let make_app =
        if role_is_new { format!("create role {app} login {}", password(settings)) } else { String::new() };
    unless(!role_is_new, make_app);
    unless(is("app_is_plain")?, format!("alter role {app} login {plain}"));
    unless(is("database_is_owned")?, format!("alter database {database} owner to {owner}"));
    unless(is("database_is_closed")?, format!("revoke all on database {database} from public"));
    unless(is("app_connects")?, format!("grant connect on database {database} to {app}"));
    unless(
        is("schema_is_owned")?,
        format!("create schema if not exists {schema}; alter schema {schema} owner to {owner}"),
    );
    unless(is("app_uses")?, format!("grant usage on schema {schema} to {app}"));
    unless(!is("app_creates")?, format!("revoke create on schema {schema} from {app}, public"));
    // Not before the role is plain again: a superuser is a member of every role.
    unless(!is("app_is_owner")?, format!("revoke {owner} from {app}"));
    unless(role_settings_match(&stored, settings), role_settings(settings));
    if !sql.is_empty() {
        // One batch is one transaction: all of it or nothing.
        client.batch_execute(&sql).await?;
    }
    Ok(role_is_new)
}

/// The settings of the application's role, the schema to look in among them.
fn wanted(settings: &Settings) -> Vec<(&str, &str)> {
    let given = settings.app_role_settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut wanted: Vec<_> = given.collect();
    if !wanted.iter().any(|(name, _)| *name == "search_path") {
        wanted.push(("search_path", &settings.database));
    }
    wanted
}

fn role_settings_match(stored: &[String], settings: &Settings) -> bool {
    // A search path is stored as a list of names, quoted where they need it.
    let plain = |entry: &str| match entry.strip_prefix("search_path=") {
        Some(path) => format!("search_path={}", path.replace(['"', ' '], "")),
        None => entry.to_owned(),
    };
    let mut stored: Vec<String> = stored.iter().map(|entry| plain(entry)).collect();
    let mut wanted: Vec<String> =
        wanted(settings).iter().map(|(name, value)| plain(&format!("{name}={value}"))).collect();
    stored.sort();
    wanted.sort();
    stored == wanted
}

fn role_settings(settings: &Settings) -> String {
    let app = name(&settings.app_role);
    let mut sql = format!("alter role {app} reset all");
    for (setting, value) in wanted(settings) {
        let value = if setting == "search_path" {
            value
                .split(',')
                .map(|schema| literal(schema.trim().trim_matches('"')))
                .collect::<Vec<_>>()
                .join(", ")
        } else {
            literal(value)
        };
        // Writing to a String cannot fail.
        let _ = write!(sql, ";\nalter role {app} set {setting} to {value}");
    }
    sql
}

/// The server gets a verifier, made here: nobody can log in with it, or read the password from it.
fn password(settings: &Settings) -> String {
    let verifier = postgres_protocol::password::scram_sha_256(settings.app_password.expose().as_bytes());
    format!("password {}", literal(&verifier))
}

/// A name as SQL. It is already known to be plain; it may still be a word of SQL such as `user`.
fn name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    // The E form means the same whatever standard_conforming_strings says.
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

async fn can_log_in(settings: &Settings, application: &Config) -> Result<bool, StartError> {
    match application.connect(NoTls).await {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some(&SqlState::INVALID_PASSWORD) => Ok(false),
        Err(error) => Err(refused(settings, "log in as the application")(error)),
    }
}

fn refused(settings: &Settings, doing: &'static str) -> impl Fn(tokio_postgres::Error) -> StartError {
    move |error| {
        if error.code() == Some(&SqlState::DISK_FULL) {
            return StartError::disk_full(&settings.data_dir);
        }
        let because =
            error.as_db_error().map_or_else(|| error.to_string(), |error| DbError::message(error).to_owned());
        StartError::Refused { doing, because }
    }
}

type Connection = tokio_postgres::Connection<tokio_postgres::Socket, tokio_postgres::tls::NoTlsStream>;

/// Works on a connection while driving it, so that no task is left behind. The work owns the client: when it ends the
/// connection does too, and when the server hangs up the work learns it.
async fn over<T>(
    connection: Connection,
    work: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, tokio_postgres::Error> {
    tokio::join!(work, connection).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted() {
        assert_eq!(literal(r"it's \ fine"), r"E'it''s \\ fine'");
        assert_eq!(name("us\"er"), "\"us\"\"er\"");
    }

    #[test]
    fn settings_of_the_role_are_compared_as_they_are_stored() {
        let mut settings = Settings::new("/data", "secret");
        settings.database = "user".into();
        settings.app_role_settings = vec![("lock_timeout".into(), "2s".into())];
        let stored = |entries: &[&str]| entries.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>();
        assert!(role_settings_match(&stored(&["search_path=\"user\"", "lock_timeout=2s"]), &settings));
        assert!(!role_settings_match(&stored(&["lock_timeout=2s"]), &settings));
        settings.app_role_settings.push(("search_path".into(), "ella, public".into()));
        assert!(role_settings_match(&stored(&["lock_timeout=2s", "search_path=ella, public"]), &settings));
        assert!(role_settings(&settings).contains("set search_path to E'ella', E'public'"));
    }
}
