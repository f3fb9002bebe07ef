//! What is lost, and how long it takes until everything is back (`ella-bench recovery`): the walk of `docs/disaster.md`
//! with a clock, on databases of several sizes, with a real S3 beside; and what archiving and backups cost while they run.

mod cost;
mod figures;
mod school;
mod walk;

use school::School;

/// Megabytes of the databases, unless told otherwise.
const SIZES: [usize; 3] = [50, 500, 2000];

/// Below it the walk is a trial, which shows that everything works: its figures say little.
const TRIAL: usize = 10;

/// Walks through everything at each size.
pub(crate) async fn report(program: &str, sizes: &[usize]) -> String {
    let sizes = if sizes.is_empty() { &SIZES } else { sizes };
    let mut walked = Vec::new();
    let mut cost = None;
    for &megabytes in sizes {
        let mut school = School::open(program).await;
        school.fill(megabytes);
        if cost.is_none() && megabytes < 1000 {
            cost = Some(cost::measure(&school, if megabytes < TRIAL { 1 } else { cost::ROUNDS }).await);
        }
        walked.push(walk::walk(school, if megabytes < TRIAL { 4 } else { walk::MESSAGES }).await);
    }
    figures::say(&walked, &cost.unwrap_or_default())
}
