//! A throw-away PostgreSQL.

use std::{
    fs,
    path::PathBuf,
    process::{Output, Stdio},
};

use super::{
    PASSWORD, PASSWORD_IN_URL,
    programs::{Process, as_postgres, bin, free_port, private_folder, run, wait_until},
};

/// A throw-away cluster: database `school`, role `ella` with a schema of its own.
pub struct Server {
    pub process: Process,
    pub folder: PathBuf,
    pub port: u16,
}

impl Server {
    pub fn start() -> Self {
        let folder = private_folder();
        run(as_postgres(&bin("initdb"))
            .args(["-N", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-U", "postgres", "-D"])
            .arg(folder.join("data")));
        let rules = "local all postgres trust\nlocal all all scram-sha-256\nhost all stranger 127.0.0.1/32 reject\n\
                     hostssl all in_cipher 127.0.0.1/32 scram-sha-256\nhost all in_cipher all reject\n\
                     hostnossl all in_clear 127.0.0.1/32 scram-sha-256\nhost all in_clear all reject\n\
                     hostssl all by_certificate 127.0.0.1/32 cert\nhost replication all 127.0.0.1/32 trust\n\
                     host all all 127.0.0.1/32 scram-sha-256\n";
        fs::write(folder.join("data/pg_hba.conf"), rules).unwrap();
        let server = Self::run_in(folder, "data");
        server.sql("postgres", &format!("create role ella login password '{PASSWORD}'"));
        server.sql("postgres", "create database school");
        server.sql("school", "create schema authorization ella");
        server
    }

    fn run_in(folder: PathBuf, data: &str) -> Self {
        let port = free_port();
        let log = fs::File::create(folder.join(format!("{data}.log"))).unwrap();
        let mut command = as_postgres(&bin("postgres"));
        command.args([
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "shared_buffers=8MB",
            "-c",
            "fsync=off",
            "-p",
            &port.to_string(),
        ]);
        command.arg("-k").arg(&folder).arg("-D").arg(folder.join(data));
        let process = Process::start(command.stdout(Stdio::null()).stderr(log), "-INT");
        let server = Self { process, folder, port };
        let ready = || server.psql("postgres", "select 1").status.success();
        assert!(
            wait_until(ready),
            "{}",
            fs::read_to_string(server.folder.join(format!("{data}.log"))).unwrap()
        );
        server
    }

    /// A standby of this one.
    pub fn standby(&self) -> Self {
        let folder = private_folder();
        let address = format!("host=127.0.0.1 port={} user=postgres", self.port);
        run(as_postgres(&bin("pg_basebackup"))
            .args(["-R", "-X", "stream", "-c", "fast", "-d", &address, "-D"])
            .arg(folder.join("data")));
        Self::run_in(folder, "data")
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://ella:{PASSWORD_IN_URL}@127.0.0.1:{}/{database}", self.port)
    }

    pub fn hba(&self) -> String {
        self.folder.join("data/pg_hba.conf").display().to_string()
    }

    fn psql(&self, database: &str, sql: &str) -> Output {
        let mut command = as_postgres(&bin("psql"));
        command.args([
            "-XAtq",
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "postgres",
            "-p",
            &self.port.to_string(),
            "-d",
            database,
            "-c",
            sql,
        ]);
        command.arg("-h").arg(&self.folder).output().unwrap()
    }

    pub fn sql(&self, database: &str, sql: &str) -> String {
        let output = self.psql(database, sql);
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Restores a dump into a database; what the program said.
    pub fn restore(&self, database: &str, file: &std::path::Path) -> String {
        let mut command = as_postgres(&bin("pg_restore"));
        command
            .args(["-U", "postgres", "-p", &self.port.to_string(), "-d", database, "-h"])
            .arg(&self.folder);
        let output = command.stdin(fs::File::open(file).unwrap()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// What the superuser is told by a statement that must fail.
    pub fn refused(&self, database: &str, sql: &str) -> String {
        let output = self.psql(database, sql);
        assert!(!output.status.success(), "was not refused: {sql}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Switches TLS on with the certificate of this name.
    pub fn use_certificate(&self, name: &str) {
        let file = |ending: &str| self.folder.join(format!("{name}.{ending}")).display().to_string();
        if self.sql("postgres", "show ssl_cert_file") == file("crt") {
            return;
        }
        let (certificate, key) = (file("crt"), file("key"));
        self.sql("postgres", &format!("alter system set ssl_cert_file = '{certificate}'"));
        self.sql("postgres", &format!("alter system set ssl_key_file = '{key}'"));
        self.sql(
            "postgres",
            &format!("alter system set ssl_ca_file = '{}'", self.folder.join("root.crt").display()),
        );
        self.sql("postgres", "alter system set ssl = on");
        self.sql("postgres", "select pg_reload_conf()");
        assert!(
            wait_until(|| self.sql("postgres", "show ssl_cert_file") == certificate),
            "{}",
            fs::read_to_string(self.folder.join("data.log")).unwrap()
        );
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.stop();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
