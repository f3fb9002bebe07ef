//! The user of the operating system who runs PostgreSQL: ourselves, or `postgres` when we are root.

use std::{
    ffi::OsStr,
    fs,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, Stdio},
};

use super::{StartError, tool::ask};

/// Comes with Debian's package.
const SERVER_USER: &str = "postgres";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunAs {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) name: String,
    /// We are root: PostgreSQL refuses to run as we are.
    pub(crate) switch: bool,
}

impl RunAs {
    pub(crate) fn find() -> Result<Self, StartError> {
        let uid = rustix::process::geteuid().as_raw();
        if uid == 0 {
            return Self::server_user(SERVER_USER);
        }
        // PostgreSQL's peer authentication compares names.
        look_up(&uid.to_string()).map(|(name, uid, gid)| Self { uid, gid, name, switch: false }).ok_or_else(
            || StartError::NoUser {
                because: format!("The user id {uid} that runs ella has no name, and PostgreSQL needs one"),
                advice: "Add the user to /etc/passwd, or run ella as another one",
            },
        )
    }

    fn server_user(name: &str) -> Result<Self, StartError> {
        look_up(name).map(|(name, uid, gid)| Self { uid, gid, name, switch: true }).ok_or_else(|| {
            StartError::NoUser {
                because: format!("PostgreSQL refuses to run as root, and there is no user {name} to run it as"),
                advice: "Install Debian's or Ubuntu's package, which makes that user (apt-get install postgresql), \
                         or run ella as an ordinary user",
            }
        })
    }

    /// A program to run as this user, which gets `death_signal` when the thread that starts it ends.
    ///
    /// It has no terminal's signals, so that Ctrl-C reaches ella alone, and nothing of our environment: `PGDATA`,
    /// `PGPORT` and the like would change what PostgreSQL does, and our secrets are none of its business.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>, death_signal: &str) -> Command {
        let mut command = Command::new("setpriv");
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()))
            .env("LC_ALL", "C.UTF-8")
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::null())
            .args(["--pdeathsig", death_signal]);
        if self.switch {
            command
                .arg(format!("--reuid={}", self.uid))
                .arg(format!("--regid={}", self.gid))
                .arg("--init-groups");
        }
        command.arg("--").arg(program);
        command
    }

    /// Whether this user can enter a folder, by asking the kernel: access lists and groups count.
    pub(super) fn can_enter(&self, folder: &Path) -> bool {
        ask(self.command("test", "KILL").arg("-x").arg(folder)).is_some()
    }
}

/// The name of a user, or its number where it has none.
pub(crate) fn name_of(uid: u32) -> String {
    look_up(&uid.to_string()).map_or_else(|| format!("the user id {uid}"), |(name, ..)| name)
}

/// Name, user id and group id for a name or a number. `getent` also knows users of directories such as LDAP.
fn look_up(key: &str) -> Option<(String, u32, u32)> {
    let asked = ask(Command::new("getent").args(["passwd", key]));
    let lines = asked.or_else(|| fs::read_to_string("/etc/passwd").ok())?;
    lines.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _, uid, gid) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        (name == key || uid == key).then_some(())?;
        Some((name.to_owned(), uid.parse().ok()?, gid.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_looked_up_by_name_and_number() {
        assert_eq!(look_up("root"), Some(("root".into(), 0, 0)));
        assert_eq!(name_of(0), "root");
        assert_eq!(look_up("no-such-user"), None);
        assert_eq!(name_of(4_123_456), "the user id 4123456");
    }

    #[test]
    fn root_drops_to_postgres_and_others_stay() {
        let run_as = RunAs::find().unwrap();
        let root = rustix::process::geteuid().is_root();
        assert_eq!(run_as.switch, root);
        assert_eq!(
            run_as.name == "postgres",
            root || rustix::process::geteuid().as_raw() == run_as.uid && run_as.name == "postgres"
        );
        let user = ask(run_as.command("id", "KILL").arg("-un")).unwrap();
        assert_eq!(user, run_as.name);
    }

    #[test]
    fn a_missing_user_says_what_to_install() {
        let sentence = RunAs::server_user("no-such-user").unwrap_err().to_string();
        assert!(
            sentence.contains("no user no-such-user") && sentence.contains("apt-get install"),
            "{sentence}"
        );
    }
}
