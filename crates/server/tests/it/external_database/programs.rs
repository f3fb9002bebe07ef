//! Programs and folders that end with their test, and run as PostgreSQL's own user when the test is root's.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

const READY: Duration = Duration::from_secs(30);

/// A program that ends with its test.
pub struct Process {
    child: Child,
    /// What ends it without waiting for its clients.
    signal: &'static str,
}

impl Process {
    pub fn start(command: &mut Command, signal: &'static str) -> Self {
        Self { child: command.spawn().unwrap(), signal }
    }

    pub fn stop(&mut self) {
        let has_ended = |child: &mut Child| child.try_wait().unwrap().is_some();
        // Its number may be somebody else's once it has ended and was seen to.
        if has_ended(&mut self.child) {
            return;
        }
        let _ = Command::new("kill").args([self.signal, &self.child.id().to_string()]).status();
        if !wait_until(|| has_ended(&mut self.child)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What libpq answers; nothing when it is not let in.
pub fn libpq(url: &str, query: &str) -> Option<String> {
    let output =
        as_postgres(&bin("psql")).env("HOME", "/nowhere").args(["-XAtq", "-d", url, "-c", query]).output();
    let output = output.unwrap();
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

pub fn bin(program: &str) -> PathBuf {
    let folders =
        fs::read_dir("/usr/lib/postgresql").expect("This test needs Debian's package postgresql").flatten();
    let newest = folders.map(|folder| folder.path()).max_by_key(|folder| {
        folder.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<u32>().ok())
    });
    newest.unwrap().join("bin").join(program)
}

/// PostgreSQL refuses to run as root: the user to be then.
pub fn postgres_user() -> Option<u32> {
    let id = |arguments: &[&str]| -> u32 {
        let output = Command::new("id").args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().parse().unwrap()
    };
    (id(&["-u"]) == 0).then(|| id(&["-u", "postgres"]))
}

pub fn as_postgres(program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some(user) = postgres_user() {
        command.uid(user).gid(user);
    }
    command.current_dir("/").stdin(Stdio::null());
    command
}

pub fn private_folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("ella-external-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(name);
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    if let Some(user) = postgres_user() {
        chown(&folder, Some(user), None).unwrap();
    }
    folder
}

pub fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

pub fn wait_until(mut is_so: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < READY {
        if is_so() {
            return true;
        }
        pause();
    }
    false
}

/// Between two looks at something that another program is about to do.
fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}
