//! `ella-bench soak ELLA [MINUTES [SEED]]`: students talk while processes die, for as long as one likes.

use std::time::Duration;

use ella_test_support::soak::Soak;

use crate::process;

/// Students who talk at the same time.
const WRITERS: usize = 16;

/// Soaks; what happened. Fails when anything that was acknowledged is not there.
pub(crate) async fn report(program: &str, numbers: &[usize]) -> String {
    let minutes = numbers.first().map_or(10, |minutes| *minutes as u64);
    let seed = numbers.get(1).map_or(1, |seed| *seed as u64);
    let folder = process::private_folder();
    let soak = Soak {
        program: program.into(),
        data_dir: folder.path().join("data"),
        log: folder.path().join("log"),
        seed,
        duration: Duration::from_mins(minutes),
        writers: WRITERS,
    };
    let report = soak.run().await;
    assert!(report.violations.is_empty(), "with the seed {seed}: {report}");
    format!("{minutes} minutes with the seed {seed}:\n{report}")
}
