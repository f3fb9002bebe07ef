//! Students talk while processes die: nothing that was acknowledged is lost. `ella-bench soak` does it for hours.

use std::time::Duration;

use ella_test_support::soak::Soak;

use super::Folder;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn deaths_lose_nothing_that_was_acknowledged() {
    let folder = Folder::prepared().await;
    let soak = Soak {
        program: env!("CARGO_BIN_EXE_ella").into(),
        data_dir: folder.data(),
        log: folder.path().join("soak.log"),
        seed: 20_261_125,
        duration: Duration::from_mins(1),
        writers: 6,
    };
    let report = soak.run().await;
    println!("{report}");
    assert!(report.violations.is_empty(), "{report}");
    assert!(report.deaths.values().sum::<u64>() >= 8, "{report}");
    assert!(report.acknowledged["turns"] > 0 && report.acknowledged["messages"] > 0, "{report}");
}
