//! Who talks: a device id, made once and kept in a small file.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use crate::clock::{Clock, Ids};

/// The file's name.
const FILE: &str = "talk-device";

/// Where the person's programs keep what they remember (the XDG state folder); none when there is no home.
pub(super) fn folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("XDG_STATE_HOME")
        .filter(|folder| folder.is_absolute())
        .or_else(|| set("HOME").map(|home| home.join(".local/state")))
        .map(|folder| folder.join("ella"))
}

/// The device that talked before, or a new one; and whether it will be known next time.
pub(super) fn remembered(folder: Option<PathBuf>) -> (Uuid, bool) {
    let kept = folder.and_then(|folder| read_or_make(&folder).ok());
    kept.map_or_else(|| (new_device(), false), |device| (device, true))
}

fn read_or_make(folder: &Path) -> io::Result<Uuid> {
    let file = folder.join(FILE);
    let read = || -> io::Result<Uuid> { fs::read_to_string(&file)?.trim().parse().map_err(io::Error::other) };
    match read() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    fs::create_dir_all(folder)?;
    let device = new_device();
    // Whoever knows the device can talk as its student: only its owner may read it.
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file) {
        Ok(mut opened) => opened.write_all(format!("{device}\n").as_bytes()).map(|()| device),
        // Another terminal was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(),
        Err(error) => Err(error),
    }
}

fn new_device() -> Uuid {
    Ids::default().next(Clock::System.now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_made_once_and_only_its_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = std::env::temp_dir().join(format!("ella-talk-{}", new_device()));
        let (first, remembered_first) = remembered(Some(folder.clone()));
        assert_eq!((remembered(Some(folder.clone())), remembered_first), ((first, true), true));
        let mode = fs::metadata(folder.join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        fs::write(folder.join(FILE), "not a device").unwrap();
        let (other, remembered) = remembered(Some(folder.clone()));
        assert!(other != first && !remembered, "a damaged file is left alone");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn without_a_home_there_is_a_device_for_this_once() {
        assert!(!remembered(None).1);
    }
}
