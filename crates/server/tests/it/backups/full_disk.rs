//! A disk that gets full in the middle of a restore, although there was room when it began; and one that is mounted where
//! the restored database would have to be put.

use super::*;
use crate::program::is_root;

/// On a small disk of its own, which is there for this shell alone: what it is told in `$1` (the data folder, which is
/// copied there and back), `$2` (the program). A filler takes the room once the restore has begun.
const WALK: &str = r#"
set -eu
disk=$1.disk
mount -t tmpfs -o size=420m,mode=0711 tmpfs "$disk"
cp -a "$1/." "$disk/"
cp -a "$disk/postgres" "$1.before"
mount --bind "$disk/postgres" "$disk/postgres"
if PLACE "$2" restore --to latest --data-dir="$disk" 2>"$1.mounted"; then echo "a mount point was moved"; exit 1; fi
umount "$disk/postgres"
PLACE "$2" restore --to latest --data-dir="$disk" 2>"$1.log" &
restore=$!
until [ -d "$disk/restoring" ]; do kill -0 $restore; done
dd if=/dev/zero of="$disk/filler" bs=1M 2>/dev/null || true
if wait $restore; then echo "it succeeded"; exit 1; fi
[ ! -e "$disk/restoring" ] || { echo "something is left"; exit 1; }
diff -r "$1.before" "$disk/postgres" || { echo "the living data were touched"; exit 1; }
rm "$disk/filler"
PLACE "$2" restore --to latest --data-dir="$disk"
rm -rf "$1"
cp -a "$disk" "$1"
"#;

/// How to have a disk for oneself: root has one that only this shell sees; an ordinary user is root in a name space of their
/// own for that, and themselves again for the program.
fn shell() -> (Vec<&'static str>, String) {
    if is_root() {
        return (vec!["unshare", "--mount"], String::new());
    }
    let [uid, gid] = [rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw()];
    let own = format!("unshare --user --map-user={uid} --map-group={gid}");
    (vec!["unshare", "--mount", "--map-root-user"], own)
}

#[tokio::test]
async fn a_disk_that_gets_full_during_a_restore_costs_nothing_and_it_is_run_again() {
    let (folder, program) = backed_up().await;
    let ana = program.sign_in(PHONE).await;
    let (id, conversation) = (ana.id.clone(), ana.conversation().await);
    archived(&folder).await;
    drop(ana);
    program.stop().await;
    let data = folder.data().display().to_string();
    fs::create_dir(format!("{data}.disk")).unwrap();
    let (unshare, as_oneself) = shell();
    let walk = WALK.replace("PLACE", &as_oneself);
    let output = tokio::process::Command::new(unshare[0])
        .args(&unshare[1..])
        .args(["sh", "-c", &walk, "sh", &data, env!("CARGO_BIN_EXE_ella")])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .output()
        .await
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed);
    let log = fs::read_to_string(format!("{data}.log")).unwrap_or_default();
    assert!(output.status.success(), "{printed}{log}");
    let mounted = fs::read_to_string(format!("{data}.mounted")).unwrap();
    let sentence = mounted.lines().last().unwrap();
    assert!(sentence.contains("is a mount point") && sentence.contains("one folder higher"), "{mounted}");
    let sentence = log.lines().last().unwrap();
    assert!(sentence.starts_with("ella: ") && sentence.contains("is full"), "{log}");

    let program = with_backups(&folder).serve().await;
    let ana = program.sign_in(PHONE).await;
    assert_eq!((ana.created, &ana.id), (false, &id));
    ana.get(&format!("/conversations/{conversation}")).await.assert(200);
    drop(ana);
    program.stop().await;
}
