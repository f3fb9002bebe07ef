use std::{fs, path::Path, process::Command};

use super::{Folder, Postgres, needs_root, settings};
use crate::StartError;

/// A small disk of its own over a folder.
struct Disk<'a>(&'a Path);

impl<'a> Disk<'a> {
    fn mount(folder: &'a Path, mib: u32) -> Option<Self> {
        let options = format!("size={mib}m,mode=0711");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder);
        let mounted = command.status().is_ok_and(|status| status.success());
        if !mounted {
            eprintln!("SKIPPED: no disk can be mounted here");
        }
        mounted.then_some(Self(folder))
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_at_the_first_start_leaves_nothing_half_made() {
    if !needs_root("a_full_disk_at_the_first_start_leaves_nothing_half_made") {
        return;
    }
    let folder = Folder::new("full-first");
    let Some(_disk) = Disk::mount(folder.path(), 20) else { return };
    let error = Postgres::start(settings(&folder)).await.unwrap_err();
    let sentence = error.to_string();
    assert!(matches!(error, StartError::DiskFull { .. }), "{sentence}");
    assert!(sentence.contains("is full (") && sentence.contains("of 20 MiB"), "{sentence}");
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["ella.lock"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_at_a_later_start_is_named_and_passes() {
    if !needs_root("a_full_disk_at_a_later_start_is_named_and_passes") {
        return;
    }
    let folder = Folder::new("full-later");
    let Some(_disk) = Disk::mount(folder.path(), 150) else { return };
    Postgres::start(settings(&folder)).await.unwrap().stop().await;
    let filler = folder.path().join("filler");
    let _ = fs::write(&filler, vec![0_u8; 200 << 20]);
    let error = Postgres::start(settings(&folder)).await.unwrap_err();
    assert!(matches!(error, StartError::DiskFull { .. }), "{error}");
    fs::remove_file(&filler).unwrap();
    Postgres::start(settings(&folder)).await.unwrap().stop().await;
}
