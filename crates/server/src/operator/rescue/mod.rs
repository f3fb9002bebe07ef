//! `ella rescue`: brings back from another copy of the database (one that was restored beside the living one, say) what
//! is missing in the living one. It changes nothing that exists, and can be run again.

mod apply;
mod plan;
mod tables;

use clap::Args;
use tokio_postgres::{Client, Config as ConnectionConfig};

use super::{
    Operator,
    connection::{enter, refused},
};
use crate::config::Config;

pub use apply::{Rescued, apply};
pub use plan::{Plan, plan};

/// Bring back what is missing from another copy of the database.
#[derive(Args)]
pub struct Rescue {
    /// The copy's address, as `ella restore --beside` prints it: a URL or key=value pairs.
    #[arg(long)]
    pub from: String,
    /// Do it; without, only what would be done is shown.
    #[arg(long)]
    pub yes: bool,
    /// Show it as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Shows what is missing, and brings it back if that is wished.
///
/// # Errors
/// A sentence. What was brought back until then stays.
#[expect(clippy::print_stdout, reason = "for the person at the terminal")]
pub async fn run(rescue: Rescue, config: &Config) -> Result<(), String> {
    let mut operator = Operator::connect(config).await?;
    let mut side = connect_side(&operator, &rescue.from).await?;
    let plan = plan(&operator, &mut side).await?;
    if rescue.json && !rescue.yes {
        println!(
            "{}",
            serde_json::to_string_pretty(&plan).map_err(|error| format!("write the plan: {error}"))?
        );
        return Ok(());
    }
    if !rescue.json {
        print!("{plan}");
    }
    if plan.is_empty() {
        return Ok(());
    }
    if !rescue.yes {
        println!("Nothing was changed yet. To do it, run the same again with --yes.");
        return Ok(());
    }
    let rescued = apply(&mut operator, &mut side, &plan).await?;
    if rescue.json {
        println!(
            "{}",
            serde_json::to_string_pretty(&rescued).map_err(|error| format!("write the report: {error}"))?
        );
    } else {
        println!("{rescued}");
    }
    Ok(())
}

/// Connects to the copy, in the schema that the living database has its tables in.
///
/// # Errors
/// A sentence.
pub async fn connect_side(operator: &Operator, address: &str) -> Result<Client, String> {
    let parsed: ConnectionConfig = address.parse().map_err(|error| {
        format!("The copy's address cannot be used: {error}. Give it as a URL or as key=value pairs, such as \"host=/run/copy dbname=ella user=postgres\".")
    })?;
    let here = "select n.nspname::text, current_database()::text,
        (select system_identifier::text || '/' || pg_postmaster_start_time()::text from pg_control_system())
        from pg_namespace n join pg_class c on c.relnamespace = n.oid where c.oid = to_regclass('students')";
    let row = operator.client.query_one(here, &[]).await.map_err(|error| refused(&error))?;
    let schema: String = row.get(0);
    let (client, _) =
        enter(&parsed, &schema).await.map_err(|error| format!("The copy cannot be looked at. {error}"))?;
    let there = client.query_opt(here, &[]).await.map_err(|error| refused(&error))?;
    let Some(there) = there else {
        return Err(format!("The copy has no students' tables in its schema {schema}. Check the address."));
    };
    let same = (0..3).all(|place| row.get::<_, String>(place) == there.get::<_, String>(place));
    if same {
        return Err("The copy's address leads to the living database itself. Give the address of the copy."
            .to_owned());
    }
    Ok(client)
}
