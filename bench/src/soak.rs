//! `ella-bench soak PATH-OF-ELLA --minutes N --seed S`: students talk while processes die, for as long as one likes.

use std::time::Duration;

use ella_test_support::soak::Soak;

use crate::process;

/// Students who talk at the same time.
const WRITERS: usize = 16;

/// Soaks, reports, and fails when anything that was acknowledged is not there.
pub(crate) async fn soak(mut arguments: impl Iterator<Item = String>) {
    let program = arguments.next().expect("the path of ella");
    let (mut minutes, mut seed) = (10, 1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().and_then(|value| value.parse().ok()).expect("a number");
        match name.as_str() {
            "--minutes" => minutes = value,
            "--seed" => seed = value,
            other => panic!("{other} is not known: --minutes N --seed S"),
        }
    }
    let folder = process::private_folder();
    let soak = Soak {
        program: program.into(),
        data_dir: folder.path().join("data"),
        log: folder.path().join("log"),
        seed,
        duration: Duration::from_mins(minutes),
        writers: WRITERS,
    };
    println!("{minutes} minutes with the seed {seed}; the log is in {}", soak.log.display());
    let report = soak.run().await;
    println!("{report}");
    assert!(report.violations.is_empty(), "something that was acknowledged is not there");
}
