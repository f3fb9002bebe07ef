//! `ella plan`: what a month costs, beside Supabase, from figures that the bench has measured and prices in a file.

mod prices;

use std::fmt::Write as _;

use clap::Args;

use crate::{admin::PriceList, config::Config};
use prices::Prices;

/// Say what a month costs for so many students, here and at Supabase.
#[derive(Args, Clone, Debug)]
pub struct Plan {
    /// Students who talk every day, with commas between.
    #[arg(long, default_value = "100,1000,10000,100000", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub students: Vec<u32>,
    /// Spoken turns of a student a day; each has a reply. Twenty minutes are about 80.
    #[arg(long, default_value_t = 80, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub turns_per_day: u32,
    /// Months of talk that are stored.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=1200))]
    pub months: u32,
    /// Bytes that a message weighs in the database, corrections and everything else included (`ella-bench space`).
    #[arg(long, default_value_t = 360, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub bytes_per_message: u32,
    /// Bytes of write-ahead log a message, compressed, which a restore to a moment needs.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub log_bytes_per_message: u32,
    /// Bytes that a message weighs in a compressed backup.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub backup_bytes_per_message: u32,
    /// Microseconds of CPU a turn, PostgreSQL's and the reads around it included (`ella-bench limit`).
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub cpu_us_per_turn: u32,
    /// Hours of the day in which all the talk happens.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=24))]
    pub busy_hours: u32,
    /// Tokens of a turn's prompt.
    #[arg(long, default_value_t = 800, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub prompt_tokens: u32,
    /// Tokens of a reply with its corrections.
    #[arg(long, default_value_t = 80, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub completion_tokens: u32,
    /// The model, as `ELLA_LLM` names it.
    #[arg(long, default_value = "gemini-3.5-flash-lite")]
    pub model: String,
}

const GB: f64 = 1e9;
const DAYS: f64 = 30.4;
const HOURS: f64 = 730.0;
/// What the system, the program and room to breathe take of a disk, in GB.
const SYSTEM_GB: f64 = 8.0;
/// Full backups that are kept, by default.
const FULL_BACKUPS: f64 = 14.0;
/// What Supabase's free tier holds, and its Pro tier without further charge, in GB (the brief).
const FREE_GB: f64 = 0.5;
const PRO_GB: f64 = 8.0;
/// A segment of the log is copied off the machine at least every so many seconds while there is talk.
const SEGMENT_SECONDS: f64 = 60.0;

/// What so many students need and cost.
#[derive(Clone, Debug)]
struct Month {
    students: u32,
    stored_gb: f64,
    instance: &'static str,
    server: f64,
    disk: f64,
    s3: f64,
    credits: f64,
    tokens: Option<f64>,
}

impl Month {
    fn ours(&self, address: f64) -> f64 {
        self.server + self.disk + self.s3 + self.credits + address
    }
}

/// The plan, as text.
///
/// # Errors
/// A sentence when the price file misses something.
pub fn plan(plan: &Plan, config: &Config) -> Result<String, String> {
    let (prices, models) = (Prices::read()?, PriceList::new(&config.prices));
    let mut text = String::from(
        "| students | stored | instance | server | disk | address | S3 | CPU credits | **ours** | Supabase free | \
         Supabase Pro | Pro, to a moment | model, with either |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for &students in &plan.students {
        let month = month(plan, students, &prices, &models)?;
        let pro = prices.of("supabase-pro")?
            + (month.stored_gb - PRO_GB).max(0.0) * prices.of("supabase-storage")?
            + prices.of("t3.micro")?
            + prices.of("address")?;
        let free = if month.stored_gb <= FREE_GB { dollars(0.0) } else { "does not fit".to_owned() };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {} | {:.1} GB | {} | {} | {} | {} | {} | {} | **{}** | {free} | {} | {} | {} |",
            month.students,
            month.stored_gb,
            month.instance,
            dollars(month.server),
            dollars(month.disk),
            dollars(prices.of("address")?),
            dollars(month.s3),
            dollars(month.credits),
            dollars(month.ours(prices.of("address")?)),
            dollars(pro),
            dollars(pro + prices.of("supabase-recovery")?),
            month.tokens.map_or_else(|| "no price known".to_owned(), dollars),
        );
    }
    let _ = write!(
        text,
        "\nUS dollars a month, after {} months of {} turns a day and student, {} bytes a message. Supabase Pro holds the \
         database alone, so the smallest server and its address stand with it, and its larger computers, which many \
         students would need, are not counted. Prices of {}: {}\n",
        plan.months, plan.turns_per_day, plan.bytes_per_message, prices.as_of, prices.source
    );
    Ok(text)
}

fn month(plan: &Plan, students: u32, prices: &Prices, models: &PriceList) -> Result<Month, String> {
    let turns_a_day = f64::from(students) * f64::from(plan.turns_per_day);
    let messages_a_month = 2.0 * turns_a_day * DAYS;
    let messages = messages_a_month * f64::from(plan.months);
    let stored_gb = messages * f64::from(plan.bytes_per_message) / GB;
    let backup_gb = messages * f64::from(plan.backup_bytes_per_message) / GB;
    let log_gb = messages_a_month / DAYS * FULL_BACKUPS * f64::from(plan.log_bytes_per_message) / GB;
    // Fulls are incremental after the first; each keeps about a tenth of its own.
    let repository_gb = backup_gb * (1.0 + FULL_BACKUPS / 10.0) + log_gb;
    let cores_mean = turns_a_day * f64::from(plan.cpu_us_per_turn) / 1e6 / 86_400.0;
    let cores_busy = cores_mean * 24.0 / f64::from(plan.busy_hours);
    let instance = prices::smallest(cores_busy, stored_gb);
    let segments = HOURS * 3600.0 / SEGMENT_SECONDS * f64::from(plan.busy_hours) / 24.0;
    let tokens = models.of(&plan.model).map(|price| {
        turns_a_day * DAYS / 1e6
            * (f64::from(plan.prompt_tokens) * price.prompt
                + f64::from(plan.completion_tokens) * price.completion)
    });
    Ok(Month {
        students,
        stored_gb,
        instance: instance.name,
        server: prices.of(instance.name)?,
        disk: (SYSTEM_GB + stored_gb + repository_gb) * prices.of("disk")?,
        s3: repository_gb * prices.of("s3")? + segments / 1000.0 * prices.of("s3-put")?,
        credits: (cores_mean - instance.sustained_cores).max(0.0) * HOURS * prices.of("surplus-credit")?,
        tokens,
    })
}

fn dollars(amount: f64) -> String {
    if amount < 10.0 { format!("{amount:.2}") } else { format!("{amount:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_of_a_hundred_students_adds_up_by_hand() {
        #[derive(clap::Parser)]
        struct Program {
            #[command(flatten)]
            plan: Plan,
        }
        let plan = <Program as clap::Parser>::parse_from(["plan"]).plan;
        let (prices, models) = (Prices::read().unwrap(), PriceList::new(&[]));
        let month = month(&plan, 100, &prices, &models).unwrap();
        // 100 students, 160 messages a day, 30.4 days, 12 months, 360 bytes.
        assert!((month.stored_gb - 100.0 * 160.0 * 30.4 * 12.0 * 360.0 / 1e9).abs() < 1e-9);
        assert_eq!(month.instance, "t3.micro");
        // 100 x 80 x 30.4 turns of 800 tokens at 0.30 and 80 at 2.50 a million.
        let tokens = month.tokens.unwrap();
        assert!((tokens - 243_200.0 * (800.0 * 0.30 + 80.0 * 2.50) / 1e6).abs() < 1e-6, "{tokens}");
        let larger = super::month(&plan, 100_000, &prices, &models).unwrap();
        assert!(larger.ours(0.0) > month.ours(0.0) && larger.instance != "t3.micro");
    }
}
