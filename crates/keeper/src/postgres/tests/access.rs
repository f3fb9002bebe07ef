use super::{Folder, Postgres, connect, settings, value};

#[tokio::test(flavor = "multi_thread")]
async fn the_application_may_only_use_its_schema() {
    let folder = Folder::new("application");
    let postgres = Postgres::start(settings(&folder)).await.unwrap();
    let administrator = connect(&postgres.administrator()).await.unwrap();
    administrator
        .batch_execute(
            "set role ella_owner; create table ella.words (word text); grant select, insert on ella.words to ella_app",
        )
        .await
        .unwrap();
    let application = connect(&postgres.application()).await.unwrap();
    // Its search path leads to its schema.
    application.batch_execute("insert into words values ('hello')").await.unwrap();
    assert_eq!(value(&application, "select word from words").await.unwrap(), "hello");
    assert_eq!(value(&application, "show statement_timeout").await.unwrap(), "5s");
    for forbidden in [
        "create table mine (id int)",
        "create table public.mine (id int)",
        "create temporary table mine (id int)",
        "create schema mine",
        "create role mine",
        "create database mine",
        "create extension pgcrypto",
        "drop table words",
        "truncate words",
        "alter table words add column x int",
        "set role postgres",
        "set role ella_owner",
        "set session authorization postgres",
        "copy words to '/tmp/stolen'",
        "select pg_read_file('PG_VERSION')",
        "alter system set work_mem = '1MB'",
        "select rolpassword from pg_authid",
    ] {
        let error = application.batch_execute(forbidden).await.unwrap_err();
        assert!(error.as_db_error().is_some(), "{forbidden}: {error}");
    }
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_may_log_in() {
    let folder = Folder::new("logins");
    let postgres = Postgres::start(settings(&folder)).await.unwrap();
    let administrator = connect(&postgres.administrator()).await.unwrap();
    administrator
        .batch_execute("create role guest login password 'guest'; create role helper login superuser")
        .await
        .unwrap();
    let mut owner = postgres.administrator();
    owner.user("ella_owner");
    let mut guest = postgres.application();
    guest.user("guest").password("guest");
    let mut helper = postgres.administrator();
    helper.user("helper");
    let mut elsewhere = postgres.application();
    elsewhere.dbname("postgres");
    let mut wrong = postgres.application();
    wrong.password("wrong");
    for (who, config) in
        [("owner", owner), ("guest", guest), ("helper", helper), ("elsewhere", elsewhere), ("wrong", wrong)]
    {
        let error = connect(&config).await.err().unwrap_or_else(|| panic!("{who} got in"));
        let class = error.code().unwrap().code().get(..2).unwrap().to_owned();
        assert_eq!(class, "28", "{who}: {error}");
    }
    // Not over a network: there is nothing that listens.
    let pid = postgres.pid().unwrap();
    let sockets = std::fs::read_to_string(format!("/proc/{pid}/net/tcp")).unwrap();
    let port = format!(":{:04X} ", super::super::socket::PORT);
    assert!(!sockets.lines().any(|line| line.contains(&port) && line.contains(" 0A ")), "{sockets}");
    postgres.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_by_hand_is_put_right() {
    let folder = Folder::new("put-right");
    let first = settings(&folder);
    let postgres = Postgres::start(first.clone()).await.unwrap();
    let administrator = connect(&postgres.administrator()).await.unwrap();
    administrator
        .batch_execute(
            "alter role ella_app superuser createdb; alter role ella_owner login;
             alter role ella_app set statement_timeout = 0; alter role ella_app set work_mem = '64MB';
             grant connect, temporary on database ella to public; grant create on schema ella to ella_app;
             alter schema ella owner to postgres; grant ella_owner to ella_app",
        )
        .await
        .unwrap();
    drop(administrator);
    postgres.stop().await;

    // A new password and new settings on top.
    let mut second = first;
    second.app_password = "it's \\ another".into();
    second.app_role_settings = vec![("statement_timeout".into(), "4s".into())];
    let postgres = Postgres::start(second.clone()).await.unwrap();
    let administrator = connect(&postgres.administrator()).await.unwrap();
    for (question, expected) in [
        ("select rolsuper or rolcreatedb from pg_roles where rolname = 'ella_app'", "f"),
        ("select rolcanlogin from pg_roles where rolname = 'ella_owner'", "f"),
        ("select pg_has_role('ella_app', 'ella_owner', 'member')", "f"),
        ("select has_schema_privilege('ella_app', 'ella', 'create')", "f"),
        ("select has_database_privilege('public', 'ella', 'temporary')", "f"),
        ("select nspowner::regrole from pg_namespace where nspname = 'ella'", "ella_owner"),
        (
            "select setconfig from pg_db_role_setting where setrole = 'ella_app'::regrole",
            "{statement_timeout=4s,search_path=ella}",
        ),
    ] {
        assert_eq!(value(&administrator, question).await.unwrap(), expected, "{question}");
    }
    connect(&postgres.application()).await.unwrap();

    // And an unchanged start writes nothing into the catalogs.
    let verifier = "select rolpassword from pg_authid where rolname = 'ella_app'";
    let versions = "select string_agg(xmin::text, ',' order by oid) from pg_authid";
    let before =
        [value(&administrator, verifier).await.unwrap(), value(&administrator, versions).await.unwrap()];
    drop(administrator);
    postgres.stop().await;
    let postgres = Postgres::start(second).await.unwrap();
    let administrator = connect(&postgres.administrator()).await.unwrap();
    let after =
        [value(&administrator, verifier).await.unwrap(), value(&administrator, versions).await.unwrap()];
    assert_eq!(before, after);
    assert!(before[0].starts_with("SCRAM-SHA-256$"));
    postgres.stop().await;
}
