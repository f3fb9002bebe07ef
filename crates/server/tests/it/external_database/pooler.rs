//! Debian's `PgBouncer`.

use std::{
    fmt::Write as _,
    fs,
    net::{Ipv4Addr, TcpStream},
    process::Stdio,
};

use tokio_postgres::{NoTls, SimpleQueryMessage};

use super::{
    PASSWORD, PASSWORD_IN_URL, Server,
    programs::{Process, as_postgres, free_port, wait_until},
};
use crate::support::find_program;

/// Debian's `PgBouncer` before a server.
pub struct Pooler {
    _process: Process,
    port: u16,
}

impl Pooler {
    /// None, with a word on it, where the program is not installed.
    pub fn start(server: &Server, settings: &str) -> Option<Self> {
        // A copy: the user that it runs as may not be able to enter the folder it was unpacked into.
        let program = server.folder.join("pgbouncer");
        fs::copy(find_program("pgbouncer")?, &program).unwrap();
        let port = free_port();
        let folder = server.folder.display();
        let users = server.folder.join("users.txt");
        fs::write(&users, format!("\"ella\" \"{PASSWORD}\"\n")).unwrap();
        let file = server.folder.join(format!("pgbouncer-{port}.ini"));
        let mut text =
            format!("[databases]\nschool = host={folder} port={} dbname=school\n[pgbouncer]\n", server.port);
        write!(
            text,
            "listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = scram-sha-256\n"
        )
        .unwrap();
        write!(text, "auth_file = {}\n{settings}\n", users.display()).unwrap();
        fs::write(&file, text).unwrap();
        let log = fs::File::create(file.with_extension("log")).unwrap();
        let process =
            Process::start(as_postgres(&program).arg(&file).stdout(Stdio::null()).stderr(log), "-TERM");
        let ready = wait_until(|| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        assert!(ready, "{}", fs::read_to_string(file.with_extension("log")).unwrap());
        Some(Self { _process: process, port })
    }

    pub fn url(&self, query: &str) -> String {
        format!("postgres://ella:{PASSWORD_IN_URL}@127.0.0.1:{}/school{query}", self.port)
    }

    /// A setting as the next client of the pooler meets it.
    pub async fn shown(&self, name: &str) -> String {
        let (client, connection) = tokio_postgres::connect(&self.url(""), NoTls).await.unwrap();
        let ask = async move { client.simple_query(&format!("show {name}")).await.unwrap() };
        let (messages, _) = futures::join!(ask, connection);
        messages
            .iter()
            .find_map(|message| match message {
                SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                _ => None,
            })
            .unwrap()
    }
}
