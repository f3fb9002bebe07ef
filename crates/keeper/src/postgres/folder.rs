//! ella's data folder: it belongs to us, and PostgreSQL's user can pass through it.

use std::{
    fs,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::{StartError, run_as::RunAs};

/// Makes the data folder if it is missing, and gives its one true path.
pub(crate) fn prepare(data_dir: &Path, run_as: &RunAs) -> Result<PathBuf, StartError> {
    let data_dir = &std::path::absolute(data_dir)
        .map_err(|error| StartError::file("find the data folder", data_dir, error))?;
    let is_new = !data_dir.exists();
    // Others may pass to what they know by name, and cannot list; what is secret in it has a mode of its own.
    let mode = if run_as.switch { 0o711 } else { 0o700 };
    if is_new {
        // Before anything is made.
        let existing = data_dir
            .ancestors()
            .filter(|folder| folder.is_dir())
            .find_map(|folder| folder.canonicalize().ok());
        reachable(existing.as_deref().unwrap_or(data_dir), data_dir, run_as)?;
        fs::DirBuilder::new()
            .recursive(true)
            .mode(mode)
            .create(data_dir)
            .map_err(|error| StartError::file("make the data folder", data_dir, error))?;
    }
    let data_dir = fs::canonicalize(data_dir)
        .map_err(|error| StartError::file("find the data folder", data_dir, error))?;
    if run_as.switch {
        let metadata = fs::metadata(&data_dir)
            .map_err(|error| StartError::file("look at the data folder", &data_dir, error))?;
        let passable = metadata.mode() | 0o011;
        if metadata.uid() == 0 && metadata.is_dir() && passable != metadata.mode() {
            fs::set_permissions(&data_dir, fs::Permissions::from_mode(passable))
                .map_err(|error| StartError::file("open for passing the folder", &data_dir, error))?;
        }
    }
    reachable(&data_dir, &data_dir, run_as)?;
    Ok(data_dir)
}

/// Whether PostgreSQL's user can come as far as this folder, which is, or will hold, the data folder.
fn reachable(folder: &Path, data_dir: &Path, run_as: &RunAs) -> Result<(), StartError> {
    let in_the_way = if run_as.switch { in_the_way(folder, run_as) } else { None };
    in_the_way.map_or(Ok(()), |in_the_way| {
        let (user, data_dir) = (run_as.name.clone(), data_dir.to_owned());
        Err(StartError::Unreachable { user, in_the_way, data_dir })
    })
}

/// The first folder on the way to this one that PostgreSQL's user cannot enter.
fn in_the_way(data_dir: &Path, run_as: &RunAs) -> Option<PathBuf> {
    let mut path: Vec<&Path> = data_dir.ancestors().collect();
    path.reverse();
    // Modes are read first, because they cost nothing; what they seem to forbid, the kernel may yet allow.
    path.into_iter()
        .find(|folder| !looks_passable(folder, run_as) && !run_as.can_enter(folder))
        .map(Path::to_owned)
}

fn looks_passable(folder: &Path, run_as: &RunAs) -> bool {
    fs::metadata(folder).is_ok_and(|metadata| {
        let bit = if metadata.uid() == run_as.uid {
            0o100
        } else if metadata.gid() == run_as.gid {
            0o010
        } else {
            0o001
        };
        metadata.mode() & bit != 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::tests::{Folder, needs_root};

    #[test]
    fn a_missing_folder_is_made_for_passers_by_only() {
        let folder = Folder::new("data-folder");
        let run_as = RunAs::find().unwrap();
        let data_dir = prepare(&folder.path().join("a/b"), &run_as).unwrap();
        let mode = fs::metadata(&data_dir).unwrap().mode() & 0o777;
        assert_eq!(mode, if run_as.switch { 0o711 } else { 0o700 });
        assert_eq!(prepare(&data_dir, &run_as).unwrap(), data_dir);
    }

    #[test]
    fn a_folder_in_the_way_is_named() {
        if !needs_root("a_folder_in_the_way_is_named") {
            return;
        }
        let folder = Folder::new("in-the-way");
        let closed = folder.path().join("closed");
        let run_as = RunAs::find().unwrap();
        fs::DirBuilder::new().mode(0o700).create(&closed).unwrap();
        let sentence = prepare(&closed.join("data"), &run_as).unwrap_err().to_string();
        let named = format!("may not enter {}, so", closed.display());
        assert!(sentence.contains(&named) && sentence.contains("ELLA_DATA_DIR"), "{sentence}");
        assert!(!closed.join("data").exists(), "nothing was made");
    }

    #[test]
    fn a_file_instead_of_a_folder_is_refused() {
        let folder = Folder::new("file-as-folder");
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let sentence = prepare(&file.join("data"), &RunAs::find().unwrap()).unwrap_err().to_string();
        assert!(sentence.contains("Could not make the data folder"), "{sentence}");
    }
}
