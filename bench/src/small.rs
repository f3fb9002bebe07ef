//! The small machine (`ella-bench small`): Ella with her own PostgreSQL in 1 GiB and two cores, as a t3.micro has; at its
//! edge; and on a t3.micro's sustained share, while a backup and a drill run.

use std::{process::Stdio, time::Duration};

use crate::{
    concurrency::LIMIT_MS,
    crowd::{self, Heard},
    ella::Ella,
    group::Group,
    numbers::{float, ms},
    process::Server,
    report::table,
};

const GIB: u64 = 1 << 30;
/// Two cores.
const WHOLE: u64 = 200;
/// What a t3.micro may use for good: a tenth of each of its two cores.
const SUSTAINED: u64 = 20;
const THINK: Duration = Duration::from_secs(15);
/// Students of the first crowd, and seconds of each, unless told otherwise.
const STUDENTS: usize = 1000;
const SECONDS: usize = 30;
/// Students on the sustained share.
const FEW: [usize; 4] = [25, 50, 100, 200];
/// At the edge everybody talks without a pause.
const NO_PAUSE: Duration = Duration::from_millis(20);
const DELAY_MS: u64 = 600;

/// Lets students talk to `program` on a small machine.
pub(crate) async fn report(program: &str, numbers: &[usize]) -> String {
    let students = numbers.first().copied().unwrap_or(STUDENTS);
    let duration = Duration::from_secs(numbers.get(1).copied().unwrap_or(SECONDS) as u64);
    let Some(probe) = Group::new("probe", GIB, WHOLE) else {
        return "## The small machine\n\nNot measured: this machine lets nobody make a control group."
            .to_owned();
    };
    let kind = probe.kind();
    drop(probe);
    let mut rows = vec![
        run(
            program,
            Case { name: "2 cores", share: WHOLE, students, think: THINK, backups: false, duration },
        )
        .await,
    ];
    let edge = Case {
        name: "2 cores, nobody pauses",
        share: WHOLE,
        students: 2 * students,
        think: NO_PAUSE,
        backups: false,
        duration,
    };
    rows.push(run(program, edge).await);
    let (few, longer) = if numbers.is_empty() { (FEW.as_slice(), 2) } else { (&[5][..], 1) };
    for (name, backups) in [("20 % of one core", false), ("20 % of one core, a backup and a drill", true)] {
        for &students in few {
            let duration = longer * duration;
            let case = Case { name, share: SUSTAINED, students, think: THINK, backups, duration };
            rows.push(run(program, case).await);
        }
    }
    let head = [
        "in 1 GiB",
        "students",
        "requests",
        "refused with `Retry-After`",
        "failed otherwise",
        "turn, added p99",
        "under 50 ms",
        "memory at the end",
        "killed",
    ];
    format!(
        "## The small machine\n\nElla, her PostgreSQL and her backups together in a {kind} of 1 GiB: a t3.micro. A turn \
         every {} s a student, {} s each, on the share twice as long; the load and the provider are outside. A t3.micro \
         whose credits are spent has 20 % of one core: here 20 ms in 100, and whoever has used them up stands still for \
         up to 80 ms. Added: beyond the model's own {:.1} s.\n\n{}",
        THINK.as_secs(),
        duration.as_secs(),
        float(usize::try_from(DELAY_MS).unwrap_or(0)) / 1000.0,
        table(&head, &rows)
    )
}

struct Case {
    name: &'static str,
    share: u64,
    students: usize,
    think: Duration,
    backups: bool,
    duration: Duration,
}

/// Waits for the backup that a new database begins with, within two minutes.
async fn first_backup(ella: &Ella) {
    for _ in 0..240 {
        if ella.figure("ella_backup_age_seconds").await.is_some_and(|age| age >= 0.0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("no backup was made within two minutes");
}

async fn run(program: &str, case: Case) -> Vec<String> {
    let Case { name, share, students, think, backups, duration } = case;
    // Starting and signing in is not what is measured: the share is taken away afterwards.
    let group = Group::new(&format!("{share}-{students}"), GIB, WHOLE).expect("a group, as a moment ago");
    let provider = Server::start_part(&["provider", &format!("delay-ms={DELAY_MS}")]);
    let settings = [
        format!("--llm=openai:small@http://{}/v1", provider.address),
        "--student-tokens-per-day=0".to_owned(),
        "--tokens-per-day=0".to_owned(),
    ];
    let ella = Ella::start_by(group.command(program), &settings, &[]);
    let scenes = ella.scenes(students).await;
    first_backup(&ella).await;
    assert!(group.share(share), "the share can be changed");
    let mut beside = backups.then(|| {
        let mut command = group.command("sh");
        let data = ella.data_dir();
        // Its words are of no interest here: the students' are.
        command.args([
            "-c",
            "\"$0\" backup now --data-dir=\"$1\"; \"$0\" backup drill --data-dir=\"$1\"",
            program,
        ]);
        command.arg(data).stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
        command.spawn().expect("a backup starts")
    });
    let heard = crowd::talk(ella.server.address, &scenes, think, duration).await;
    let (bytes, killed) = (group.own_bytes(), group.killed());
    if let Some(beside) = &mut beside {
        // It may well be at work still: nobody waits for it.
        let _ = beside.kill();
        let _ = beside.wait();
    }
    assert!(group.share(WHOLE), "the share can be changed");
    ella.server.stop();
    provider.stop();
    let refused =
        heard.iter().filter(|heard| [429, 503].contains(&heard.status) && heard.retry_after).count();
    let failed = heard.iter().filter(|heard| !heard.well()).count() - refused;
    assert_eq!(killed, 0, "the system killed a process of Ella's");
    let p99 = crowd::turn_p99(&heard);
    let served = p99 <= LIMIT_MS && !heard.is_empty() && heard.iter().all(Heard::well);
    vec![
        name.to_owned(),
        students.to_string(),
        heard.len().to_string(),
        refused.to_string(),
        failed.to_string(),
        ms(p99),
        if served { "yes" } else { "no" }.to_owned(),
        format!("{} MB", bytes / 1_000_000),
        killed.to_string(),
    ]
}
