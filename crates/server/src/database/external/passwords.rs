//! The password file: `host:port:database:user:password` a line, the first that fits counts.
//!
//! The rules are libpq's (PostgreSQL's manual, 34.16 "The Password File").

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use tokio_postgres::Config;

use super::targets::Target;

/// Gives each target its password out of `file`. A file that is missing or that others may read is left alone.
pub(super) fn fill(targets: &mut [Target], file: &Path, template: &Config) {
    let Ok(metadata) = fs::metadata(file) else { return };
    if metadata.permissions().mode() & 0o077 != 0 {
        tracing::warn!(file = %file.display(), "the password file is ignored because others may read it; chmod 600 it");
        return;
    }
    let Ok(text) = fs::read_to_string(file) else { return };
    let user = template.get_user().map_or_else(own_name, str::to_owned);
    let database = template.get_dbname().unwrap_or(&user);
    for target in targets {
        // The usual folder of the unix socket goes by the name of the machine itself.
        let host = if target.host == "/var/run/postgresql" { "localhost" } else { &target.host };
        target.password = find(&text, [host, &target.port.to_string(), database, &user]);
    }
}

fn own_name() -> String {
    std::env::var("USER").unwrap_or_default()
}

fn find(text: &str, wanted: [&str; 4]) -> Option<String> {
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut fields = fields(line);
        let password = (fields.len() == 5).then(|| fields.pop()).flatten()?;
        let fits = fields.iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted);
        (fits && !password.is_empty()).then_some(password)
    })
}

/// Splits at colons; a backslash takes the next character as it is. Colons in the password need none.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let count = fields.len();
        let Some(last) = fields.last_mut() else { break };
        match character {
            '\\' => last.extend(characters.next()),
            ':' if count < 5 => fields.push(String::new()),
            other => last.push(other),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_counts() {
        let text = "# a comment\nshort:line\ndb:5432:school:ella:one\n*:*:school:*:t\\:w\\\\o:x\n\\:\\:1:5433:*:ella:three";
        let find = |wanted| find(text, wanted).unwrap_or_default();
        assert_eq!(find(["db", "5432", "school", "ella"]), "one");
        assert_eq!(find(["db", "5433", "school", "ella"]), "t:w\\o:x");
        assert_eq!(find(["::1", "5433", "other", "ella"]), "three");
        assert_eq!(find(["db", "5432", "other", "ella"]), "");
    }
}
