//! What the managed database must not be talked out of: that a word is on the disk before it is acknowledged.
//!
//! The keeper says so on the server's command line. A database or a role can still carry a setting of its own that wins
//! over it in each new session; such settings are taken away at every start.

use tokio_postgres::Client;

use super::explain;

/// Settings of single databases and roles that make a commit return before it is on the disk.
const CARRIED: &str = "
    select coalesce(d.datname, '')::text as database, coalesce(r.rolname, '')::text as role
    from pg_db_role_setting s
    left join pg_database d on d.oid = s.setdatabase
    left join pg_roles r on r.oid = s.setrole
    cross join unnest(s.setconfig) as setting
    where setting ~* '^synchronous_commit=(off|false|no|0)$'";

/// Takes such settings away. The client is the superuser's.
///
/// # Errors
/// A sentence.
pub(super) async fn repair(client: &Client) -> Result<(), String> {
    let failed = |error: tokio_postgres::Error| {
        format!("The database's durability could not be checked: {}.", explain(&error))
    };
    for row in client.query(CARRIED, &[]).await.map_err(failed)? {
        let (database, role): (String, String) = (row.get("database"), row.get("role"));
        let whose = match (role.as_str(), database.as_str()) {
            ("", "") => "role all".to_owned(),
            ("", database) => format!("database {}", quoted(database)),
            (role, "") => format!("role {}", quoted(role)),
            (role, database) => format!("role {} in database {}", quoted(role), quoted(database)),
        };
        tracing::warn!(
            "{whose} had synchronous_commit=off, with which a crash loses the last words of conversations: it is taken away"
        );
        client.batch_execute(&format!("alter {whose} reset synchronous_commit")).await.map_err(failed)?;
    }
    Ok(())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
