//! `DATABASE_URL`: a real PostgreSQL that someone else runs, with TLS, a standby, and Debian's `PgBouncer` before it.

mod authority;
mod pooler;
mod programs;
mod server;

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::Path,
    sync::Mutex,
};

use clap::Parser;
use ella::{
    clock::Clock,
    config::Config,
    database::{RecoveryKey, external, managed::Opened},
    secrets::{Origin, Secrets},
};

use authority::Authority;
use pooler::Pooler;
use programs::{free_port, libpq};
pub use server::Server;

/// With what a URL and a quoted value must take care of.
const PASSWORD: &str = "geheim %@/";
const PASSWORD_IN_URL: &str = "geheim%20%25%40%2F";

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    config: Config,
}

async fn open(url: &str) -> Result<Opened, String> {
    open_in(url, Path::new("/nowhere")).await
}

/// The same with a data folder.
pub async fn open_in(url: &str, data_dir: &Path) -> Result<Opened, String> {
    let line = Line::parse_from(["ella", "--database-pool", "2", "--request-seconds", "10"]);
    let secrets = Secrets::new("the recovery key of these tests, long enough", &line.config);
    let key = RecoveryKey { secrets: &secrets, origin: Origin::Kept, data_dir };
    external::open(url, &line.config, key, &Clock::System).await
}

async fn refused(url: &str) -> String {
    match open(url).await {
        Ok(_) => panic!("was not refused: {url}"),
        Err(sentence) => sentence,
    }
}

async fn ask(opened: &Opened, query: &str) -> String {
    let client = opened.pool.get().await.unwrap();
    client.query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn an_ordinary_role_with_a_schema_of_its_own_is_enough() {
    let server = Server::start();
    for url in [
        server.url("school"),
        format!("host=127.0.0.1 port={} dbname=school user=ella password='{PASSWORD}'", server.port),
        format!(
            "postgresql:///school?host={}&port={}&user=ella&password={PASSWORD_IN_URL}",
            server.folder.display(),
            server.port
        ),
        // PostgreSQL has no TLS on unix sockets: no mode makes it fail.
        format!(
            "host={} port={} dbname=school user=ella password='{PASSWORD}' sslmode=require",
            server.folder.display(),
            server.port
        ),
    ] {
        let opened = open(&url).await.unwrap();
        assert_eq!(
            ask(
                &opened,
                "select relnamespace::regnamespace::text from pg_class where oid = 'messages'::regclass"
            )
            .await,
            "ella",
            "{url}"
        );
        assert_eq!(ask(&opened, "show statement_timeout").await, "5s");
        assert_eq!(ask(&opened, "show lock_timeout").await, "2s");
        assert_eq!(ask(&opened, "show idle_in_transaction_session_timeout").await, "10s");
    }
}

#[tokio::test]
async fn options_of_ones_own_win_over_ours() {
    let server = Server::start();
    server.sql("school", "create schema lessons authorization ella");
    let options = "-c%20search_path%3Dlessons%20-c%20statement_timeout%3D4321";
    let opened =
        open(&format!("{}?options={options}&application_name=class", server.url("school"))).await.unwrap();
    assert_eq!(ask(&opened, "select current_schema()::text").await, "lessons");
    assert_eq!(ask(&opened, "show statement_timeout").await, "4321ms");
    assert_eq!(ask(&opened, "show lock_timeout").await, "2s");
    assert_eq!(ask(&opened, "show application_name").await, "class");
}

#[tokio::test]
async fn a_database_that_cannot_serve_is_refused_with_what_to_do() {
    let server = Server::start();
    server.sql("postgres", "create role guest login password 'x'");
    server.sql(
        "school",
        "create role reader login password 'x'; alter role reader set default_transaction_read_only = on",
    );
    server.sql("school", "create schema reader authorization reader; create role lost login password 'x'; alter role lost set search_path = nowhere");
    server.sql("postgres", "create database bytes encoding 'SQL_ASCII' locale 'C' template template0");
    let (port, closed) = (server.port, free_port());
    let guest = |rest: &str| format!("host=127.0.0.1 port={port} {rest}");
    // A port that takes connections and never says a word.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let silent = silent.local_addr().unwrap().port();
    for (url, expected) in [
        (guest("dbname=school user=guest password=x"), "grant create on schema public to guest"),
        (guest("dbname=school user=lost password=x"), "create schema lost authorization lost"),
        (
            guest("dbname=school user=reader password=x"),
            "alter role reader set default_transaction_read_only = off",
        ),
        (
            guest("dbname=school user=ella password=geheim-wrong"),
            "Check the user and the password in DATABASE_URL.",
        ),
        (guest("dbname=school user=ella"), "asks for a password, and DATABASE_URL has none"),
        (guest("dbname=nothing user=ella password='geheim %@/'"), "create database nothing"),
        (guest("dbname=bytes user=ella password='geheim %@/'"), "has the encoding SQL_ASCII"),
        (guest("dbname=school user=stranger password=geheim"), "pg_hba.conf"),
        (guest("dbname=school user=ella password=geheim sslmode=require"), "does not offer TLS"),
        (format!("postgres://u:geheim@127.0.0.1:{closed}/d"), "Check that PostgreSQL runs there"),
        (format!("postgres://u:geheim@127.0.0.1:{silent}/d?connect_timeout=1"), "did not answer within 1 s"),
        ("postgres://u:geheim@no-such-host.invalid/d".to_owned(), "Check the host's name"),
        ("host=/nowhere user=u password=geheim".to_owned(), "Check that PostgreSQL runs there"),
        (
            format!("host=127.0.0.1,127.0.0.1 port={closed},{silent} connect_timeout=1"),
            "None of the 2 servers",
        ),
    ] {
        let sentence = refused(&url).await;
        assert!(sentence.contains(expected), "{url}\n{sentence}");
        assert!(!sentence.contains("geheim"), "{sentence}");
    }
}

#[tokio::test]
async fn of_several_hosts_the_one_that_can_be_written_to_is_used_also_after_a_fail_over() {
    let mut primary = Server::start();
    let standby = primary.standby();
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let both = format!(
        "postgres://ella:{PASSWORD_IN_URL}@127.0.0.1:{},127.0.0.1:{},127.0.0.1:{}/school?connect_timeout=1",
        silent.local_addr().unwrap().port(),
        standby.port,
        primary.port
    );
    let opened = open(&format!("{both}&target_session_attrs=read-write")).await.unwrap();
    assert_eq!(ask(&opened, "select pg_is_in_recovery()::text").await, "false");

    let sentence = refused(&both).await;
    assert!(
        sentence.contains("is a standby") && sentence.contains("target_session_attrs=read-write"),
        "{sentence}"
    );
    let sentence = refused(&format!("{}?target_session_attrs=read-write", standby.url("school"))).await;
    assert!(sentence.contains("Connect to the primary"), "{sentence}");

    primary.process.stop();
    standby.sql("postgres", "select pg_promote()");
    opened.pool.drop_idle();
    // In the pool, where three servers share three seconds, one of them silent.
    assert_eq!(ask(&opened, "select count(*)::text from messages").await, "0");
    assert_eq!(ask(&opened, "show port").await, standby.port.to_string());
}

#[tokio::test]
async fn sslmode_means_what_libpq_says() {
    let server = Server::start();
    let authority = Authority::make(&server.folder);
    let other = Authority::make(&server.folder.join("other"));
    authority.sign("web", "/CN=somebody", Some("subjectAltName=DNS:localhost,DNS:*.example"));
    // As the manual of PostgreSQL has it: no extension at all, so X.509 version 1, and only a common name.
    authority.sign("manual", "/CN=localhost", None);
    authority.sign("address", "/CN=127.0.0.2", Some("subjectAltName=IP:127.0.0.1"));
    authority.sign_for("stale", "/CN=localhost", Some("subjectAltName=DNS:localhost"), -1);
    authority.sign_itself("alone", "/CN=localhost");
    let (ca, other) = (authority.file("root.crt"), other.file("root.crt"));
    let alone = authority.file("alone.crt");

    for (certificate, host, settings, expected) in [
        ("web", "localhost", "sslmode=disable".to_owned(), "f"),
        ("web", "localhost", "sslmode=allow".to_owned(), "f"),
        ("web", "localhost", String::new(), "t"),
        ("web", "localhost", "sslmode=prefer".to_owned(), "t"),
        ("web", "127.0.0.1", "sslmode=require".to_owned(), "t"),
        ("web", "127.0.0.1", "sslmode=require ssl_max_protocol_version=TLSv1.2".to_owned(), "t"),
        ("web", "127.0.0.1", "sslmode=require channel_binding=require".to_owned(), "t"),
        ("web", "127.0.0.1", format!("sslmode=require sslrootcert={ca}"), "t"),
        ("web", "127.0.0.1", format!("sslmode=verify-ca sslrootcert={ca}"), "t"),
        ("web", "localhost", format!("sslmode=verify-full sslrootcert={ca} sslsni=0"), "t"),
        ("web", "db.example", format!("sslmode=verify-full sslrootcert={ca} hostaddr=127.0.0.1"), "t"),
        (
            "web",
            "127.0.0.1",
            format!("sslmode=verify-full sslrootcert={ca}"),
            "is not for the name 127.0.0.1",
        ),
        (
            "web",
            "somebody",
            format!("sslmode=verify-full sslrootcert={ca} hostaddr=127.0.0.1"),
            "is not for the name somebody",
        ),
        ("web", "localhost", format!("sslmode=require sslrootcert={other}"), "is not trusted"),
        ("web", "localhost", format!("sslmode=verify-ca sslrootcert={other}"), "is not trusted"),
        ("web", "localhost", format!("sslmode=verify-full sslrootcert={other}"), "is not trusted"),
        ("web", "localhost", "sslrootcert=system".to_owned(), "is not trusted"),
        (
            "web",
            "localhost",
            "sslmode=verify-full sslrootcert=/nowhere.crt".to_owned(),
            "/nowhere.crt does not exist",
        ),
        (
            "web",
            "localhost",
            format!("sslmode=verify-full sslrootcert={}", server.hba()),
            "holds no certificate",
        ),
        ("manual", "localhost", "sslmode=require".to_owned(), "t"),
        ("manual", "localhost", format!("sslmode=verify-full sslrootcert={ca}"), "t"),
        (
            "manual",
            "127.0.0.1",
            format!("sslmode=verify-full sslrootcert={ca}"),
            "is not for the name 127.0.0.1",
        ),
        ("manual", "localhost", format!("sslmode=verify-ca sslrootcert={other}"), "is not trusted"),
        ("address", "127.0.0.1", format!("sslmode=verify-full sslrootcert={ca}"), "t"),
        (
            "address",
            "localhost",
            format!("sslmode=verify-full sslrootcert={ca}"),
            "is not for the name localhost",
        ),
        ("stale", "localhost", format!("sslmode=verify-ca sslrootcert={ca}"), "has expired"),
        ("stale", "localhost", "sslmode=require".to_owned(), "t"),
        ("alone", "localhost", format!("sslmode=verify-full sslrootcert={alone}"), "t"),
        ("alone", "localhost", format!("sslmode=verify-ca sslrootcert={ca}"), "is not trusted"),
    ] {
        server.use_certificate(certificate);
        let url = format!(
            "host={host} port={} dbname=school user=ella password='{PASSWORD}' {settings}",
            server.port
        );
        let found = match open(&url).await {
            Ok(opened) => {
                ask(&opened, "select left(ssl::text, 1) from pg_stat_ssl where pid = pg_backend_pid()").await
            }
            Err(sentence) => sentence,
        };
        assert!(
            found.starts_with(expected) || expected.len() > 1 && found.contains(expected),
            "{url}\n{found}"
        );
        // The judge itself; it knows `system` from version 16 on only.
        if !settings.contains("system") {
            let said = libpq(&url, "select ssl from pg_stat_ssl where pid = pg_backend_pid()");
            assert_eq!(
                said.as_deref(),
                Some(expected).filter(|expected| expected.len() == 1),
                "{url}\n{found}"
            );
        }
    }
}

#[tokio::test]
async fn allow_and_prefer_come_the_other_way_when_the_server_wants_it_so() {
    let server = Server::start();
    let authority = Authority::make(&server.folder);
    authority.sign("web", "/CN=localhost", None);
    server.use_certificate("web");
    server.sql("school", "create role in_clear login superuser password 'x'; create role in_cipher login superuser password 'x'");
    server.sql("school", "create role by_certificate login superuser");
    authority.sign("client", "/CN=by_certificate", None);
    for (user, settings, expected) in [
        ("in_cipher", "sslmode=allow", "true"),
        ("in_clear", "sslmode=prefer", "false"),
        ("in_clear", "sslmode=allow", "false"),
        ("in_clear", "sslmode=require", "pg_hba.conf"),
        ("in_cipher", "sslmode=disable", "sslmode=require"),
        ("by_certificate", "sslmode=require", "Name one with sslcert"),
        ("by_certificate", "sslmode=require sslcert=CLIENT.crt sslkey=CLIENT.key", "true"),
        ("by_certificate", "sslmode=require sslcert=CLIENT.crt sslkey=ROOT.key", "belong together"),
        ("by_certificate", "sslmode=require sslcert=CLIENT.crt sslkey=CLIENT.crt", "may be read by others"),
    ] {
        let settings =
            settings.replace("CLIENT", &authority.file("client")).replace("ROOT", &authority.file("root"));
        let url =
            format!("host=127.0.0.1 port={} dbname=school user={user} password=x {settings}", server.port);
        let found = match open(&url).await {
            Ok(opened) => {
                ask(&opened, "select ssl::text from pg_stat_ssl where pid = pg_backend_pid()").await
            }
            Err(sentence) => sentence,
        };
        assert!(found.contains(expected), "{user} {settings}\n{found}");
    }
}

#[tokio::test]
async fn a_transaction_pooler_is_refused_with_what_to_do() {
    let server = Server::start();
    for settings in [
        "pool_mode = transaction",
        "pool_mode = transaction\nignore_startup_parameters = options",
        "pool_mode = transaction\nignore_startup_parameters = options\nserver_round_robin = 1\nmin_pool_size = 4",
        "pool_mode = transaction\ndefault_pool_size = 1",
        "pool_mode = statement",
        "pool_mode = statement\nignore_startup_parameters = options",
    ] {
        let Some(pooler) = Pooler::start(&server, settings) else { return };
        let sentence = refused(&pooler.url("")).await;
        assert!(
            sentence.contains("pooler in transaction mode") && sentence.contains("session mode"),
            "{settings}: {sentence}"
        );
        assert!(!sentence.contains("geheim"), "{sentence}");
        // Nothing was left behind in the sessions that others share, and nothing was made.
        assert_eq!(pooler.shown("statement_timeout").await, "0", "{settings}");
        assert_eq!(server.sql("school", "select to_regclass('ella.messages') is null"), "t");
    }
}

#[tokio::test]
async fn a_session_pooler_works_and_keeps_the_timeouts() {
    let server = Server::start();
    for settings in ["pool_mode = session", "pool_mode = session\nignore_startup_parameters = options"] {
        let Some(pooler) = Pooler::start(&server, settings) else { return };
        let opened = open(&pooler.url("")).await.unwrap();
        let (first, second) = (opened.pool.get().await.unwrap(), opened.pool.get().await.unwrap());
        for client in [&first, &second, &first] {
            let statement =
                client.prepare_cached("select current_setting('statement_timeout')").await.unwrap();
            assert_eq!(
                client.query_one(&statement, &[]).await.unwrap().get::<_, String>(0),
                "5s",
                "{settings}"
            );
        }
        drop((first, second));
        let sentence = refused(&pooler.url("?options=-c%20search_path%3Dx")).await;
        assert!(sentence.contains("does not pass them on"), "{sentence}");
        let sentence = refused(&pooler.url("").replace("/school", "/nothing")).await;
        assert!(sentence.contains("nothing"), "{sentence}");
    }
}

#[tokio::test]
async fn a_database_of_another_recovery_key_is_refused_before_anything_is_changed() {
    let server = Server::start();
    server.sql("school", "create table ella.server_facts (name text primary key, value text not null)");
    server.sql("school", "insert into ella.server_facts values ('recovery_key_fingerprint', 'of another')");
    server.sql("school", "grant select on ella.server_facts to ella");
    let sentence = refused(&server.url("school")).await;
    assert!(
        sentence.contains("another recovery key") && sentence.contains("Nothing was changed"),
        "{sentence}"
    );
    assert_eq!(server.sql("school", "select to_regclass('ella.students') is null"), "t");
}

#[tokio::test]
async fn a_database_that_may_lose_words_is_served_with_a_warning() {
    let server = Server::start();
    server.sql("postgres", "alter system set full_page_writes = off");
    server.sql("postgres", "select pg_reload_conf()");
    server.sql("school", "alter role ella set synchronous_commit = off");
    let (_, log) = open_and_listen(&server, "school").await;
    for name in ["fsync", "full_page_writes", "synchronous_commit"] {
        assert!(log.contains("WARN") && log.contains(&format!("runs with {name}=off")), "{log}");
    }
    assert!(!log.contains("geheim"), "{log}");
}

#[tokio::test]
async fn names_are_found_without_accents_in_any_locale_and_one_without_capitals_is_warned_of() {
    let server = Server::start();
    for (database, locale, folded) in [("plain", "C", "elise Ж"), ("proper", "C.UTF-8", "elise ж")] {
        let sql = |sql: &str| server.sql(database, sql);
        let create =
            format!("create database {database} encoding 'UTF8' locale '{locale}' template template0");
        server.sql("postgres", &create);
        sql("create schema authorization ella");
        let (_, log) = open_and_listen(&server, database).await;
        assert_eq!(log.contains("Ж and ж are two letters"), locale == "C", "{log}");
        sql(
            "insert into ella.students values (gen_random_uuid(), now(), now(), null, null, true, true, true, null, null, 'Élise Ж')",
        );
        assert_eq!(sql("select folded_name from ella.students"), folded, "{locale}");
    }
}

/// Opens a database; what was logged then.
async fn open_and_listen(server: &Server, database: &str) -> (Opened, String) {
    let log = server.folder.join("ella.log");
    let file = Mutex::new(fs::File::create(&log).unwrap());
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(file).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let opened = open(&server.url(database)).await.unwrap();
    drop(guard);
    (opened, fs::read_to_string(&log).unwrap())
}
