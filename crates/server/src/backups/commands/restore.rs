//! `ella restore`.

use std::process::ExitCode;

use clap::Args;
use ella_keeper::{Backups, Copy, Progress, Settings, Side, Source, Target};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_postgres::NoTls;

use super::{Form, bar, now, progress, show, when};
use crate::{
    backups::{Place, open, questions},
    config::{Config, Switch},
    database::{RecoveryKey, explain, managed},
    guards::erased,
    operator::rescue::{self, Rescue},
    secrets::{Origin, RECOVERY_KEY_FILE, write_private},
};

/// What to restore, and where to.
#[derive(Args)]
pub struct Restore {
    /// The moment: "2026-11-22 10:00:00Z", "3 hours ago", or latest.
    #[arg(long)]
    to: String,
    /// Beside the living database, as a read-only one to look into, until this command is stopped.
    #[arg(long)]
    beside: bool,
    /// Beside the living database, to bring back from there what is missing in it. Shows what that is; with `--yes` it is
    /// done. Then the copy goes.
    #[arg(long, conflicts_with = "beside")]
    rescue: bool,
    /// With `--rescue`: do it.
    #[arg(long, requires = "rescue")]
    yes: bool,
    /// Out of `s3`, out of `local` (the data folder's own repository), or out of a folder, a copy of
    /// `backups/repository`. Without it: whichever leads there, if both are of the same database.
    #[arg(long)]
    from: Option<Source>,
}

/// Restores.
///
/// # Errors
/// A sentence. The living data are as they were.
pub async fn restore(restore: Restore, config: &Config) -> Result<ExitCode, String> {
    if config.external_database().is_some() {
        return Err("DATABASE_URL is set: that database is restored by whoever runs it.".to_owned());
    }
    let target = when::parse(&restore.to, now())?;
    let place = Place::find(config)?;
    if restore.beside || restore.rescue {
        // From the first: its files go with it, whenever it is told to stop.
        let mut told = ToldToStop::listen()?;
        let side = tokio::select! {
            side = beside(config, &place, restore.from.as_ref(), target) => side?,
            () = told.hear() => return Err("It was stopped. Nothing is left of it.".to_owned()),
        };
        if restore.rescue {
            rescue(side, restore.yes, config, told).await
        } else {
            look_into(side, target, told).await
        }
    } else {
        in_place(config, &place, restore.from.as_ref(), target).await
    }
}

/// A read-only database of a moment, beside the living one. Stop it, or its files stay until the next one.
///
/// # Errors
/// A sentence.
pub async fn beside(
    config: &Config,
    place: &Place,
    from: Option<&Source>,
    target: Target,
) -> Result<Side, String> {
    let backups = open(config, &place.secrets, &place.data_dir, true)?;
    let settings = managed::settings(config, &place.secrets, &place.data_dir);
    backups.clear_leftovers(false).await.map_err(|error| error.to_string())?;
    let tell = tell();
    let restoring = backups.beside(from, target, &settings, &tell, now());
    bar::watched(&backups, Form { json: false }, restoring).await.map_err(|error| error.to_string())
}

fn tell() -> Progress {
    progress(Form { json: false })
}

/// The signals that end a command: Ctrl-C, `kill`, and a terminal that was closed.
struct ToldToStop([Signal; 3]);

impl ToldToStop {
    fn listen() -> Result<Self, String> {
        let listen = |kind| signal(kind).map_err(|error| format!("Signals cannot be listened for: {error}."));
        let [terminate, interrupt, hang_up] =
            [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()].map(listen);
        Ok(Self([terminate?, interrupt?, hang_up?]))
    }

    async fn hear(&mut self) {
        let [terminate, interrupt, hang_up] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hang_up.recv() => {}
        }
    }
}

/// Brings back what is missing from the copy, which goes whatever comes of it.
async fn rescue(side: Side, yes: bool, config: &Config, mut told: ToldToStop) -> Result<ExitCode, String> {
    let from = format!("host={} user=postgres dbname=ella", side.socket_dir().display());
    let rescued = tokio::select! {
        rescued = rescue::run(Rescue { from, yes, json: false }, config) => rescued,
        () = told.hear() => Err("It was stopped. What was brought back until then stays: run the same again.".to_owned()),
    };
    side.stop().await;
    rescued.map(|()| ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "for the person at the terminal")]
async fn look_into(side: Side, target: Target, mut told: ToldToStop) -> Result<ExitCode, String> {
    show::reached(side.reached, side.was_clamped, moment(target), now());
    let socket = side.socket_dir().display();
    println!("It is read-only, and beside the living database. Look into it with:");
    println!("  psql -h {socket} -U postgres ella");
    println!("Bring back from it what is missing in the living one with:");
    println!("  ella rescue --from \"host={socket} user=postgres dbname=ella\"");
    println!("Stop it with Ctrl-C (or kill {}); its files go with it.", std::process::id());
    told.hear().await;
    side.stop().await;
    Ok(ExitCode::SUCCESS)
}

fn moment(target: Target) -> Option<jiff::Timestamp> {
    match target {
        Target::At(moment) => Some(moment),
        Target::Latest => None,
    }
}

#[expect(clippy::print_stdout, reason = "for the person at the terminal")]
async fn in_place(
    config: &Config,
    place: &Place,
    from: Option<&Source>,
    target: Target,
) -> Result<ExitCode, String> {
    managed::make_data_dir(&place.data_dir)?;
    let backups = open(config, &place.secrets, &place.data_dir, true)?;
    let settings = managed::settings(config, &place.secrets, &place.data_dir);
    let (form, tell) = (Form { json: false }, tell());
    let asked = questions();
    // Then its list of the erased is the newest there is, and no second restore is needed to read it.
    let has_newest_list =
        place.data_dir.join(erased::FILE).exists() && backups.living_has_seen_all(from, &settings).await;
    let restoring = backups.in_place(from, target, &asked, &settings, &tell, now());
    let recovered = bar::watched(&backups, form, restoring).await.map_err(|error| error.to_string())?;
    // Else the archiving would fail until the server has made it. The full backup that the new timeline needs is the
    // server's to make: it does so at once, and students are served meanwhile.
    if let Err(error) = backups.make_repository(Copy::Local).await {
        tracing::debug!(%error, "the local repository is not made yet");
    }
    // The database is in its place already: what fails here must not hide that.
    if target != Target::Latest && !has_newest_list {
        let remembering = remember_the_erased(&backups, place, from, &settings, &tell);
        if let Err(error) = bar::watched(&backups, form, remembering).await {
            println!(
                "Students who were erased since that moment may be back: the newest list of them could not be read. {error}"
            );
            println!(
                "The next start erases whoever is on the list that came back; erase the others: ella student erase ID"
            );
        }
    }
    // Whoever lost everything has it here again, so that one command is enough.
    let key_file = place.data_dir.join(RECOVERY_KEY_FILE);
    if !key_file.exists() {
        write_private(&key_file, &place.recovery_key)?;
    }
    let (secrets, data_dir) = (&place.secrets, &place.data_dir);
    RecoveryKey { secrets, origin: Origin::Kept, data_dir }.keep_fingerprint()?;
    show::reached(recovered.reached, recovered.was_clamped, moment(target), now());
    if let Some(beat) = recovered.last_write {
        println!("Its heartbeat is of {beat:.0}.");
    }
    if let Some(aside) = &recovered.kept_aside {
        println!("The old files are kept in {}; remove them when all is well.", aside.display());
    }
    println!("The database is restored. Start the server: ella serve");
    let then = match config.backups {
        Switch::On => "It takes a full backup as soon as it runs.",
        Switch::Off => {
            "Backups are switched off (ELLA_BACKUPS=off): what is written from now on cannot be brought back."
        }
    };
    println!("{then}");
    Ok(ExitCode::SUCCESS)
}

/// Students who were erased after the moment are on the newest list that the archive holds. It is read into the data
/// folder's own, also where there is one: that may be of an older copy. The next start erases them again.
async fn remember_the_erased(
    backups: &Backups,
    place: &Place,
    from: Option<&Source>,
    settings: &Settings,
    tell: &Progress,
) -> Result<(), String> {
    tell("Looking who was erased since that moment ...");
    let newest = backups.beside(from, Target::Latest, settings, tell, now());
    let side = newest.await.map_err(|error| error.to_string())?;
    let listed = async {
        let (client, connection) = side.administrator().connect(NoTls).await?;
        let work = async {
            client.batch_execute("set search_path = ella").await?;
            let listed = erased::list(&client).await;
            drop(client);
            listed
        };
        let (listed, _) = tokio::join!(work, connection);
        listed
    };
    let listed = listed.await;
    side.stop().await;
    let listed = listed
        .map_err(|error| format!("The list of erased students cannot be read: {}.", explain(&error)))?;
    erased::keep(&place.data_dir, &listed).map(drop)
}
