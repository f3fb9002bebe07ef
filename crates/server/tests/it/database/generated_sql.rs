//! `crates/sql` is what cornucopia makes of `queries/`. With `UPDATE_SQL=1` it is written instead of compared.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use cornucopia::config::{Config, UseWorkspaceDeps};

use super::connect_as_owner;
use crate::{program::Folder, support::test_cluster};

/// Files by their place below the folder. What `cargo fmt` is told about them is ours.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != "rustfmt.toml") {
                let content = fs::read_to_string(&path).unwrap();
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), content);
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_crate_of_queries_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let committed = root.join("crates/sql");
    let folder = Folder::new();
    let generated = folder.path().join("sql");
    let database = test_cluster().await.database().await;
    let client = connect_as_owner(&database.administrator).await;

    let mut config = Config::from_file(root.join("cornucopia.toml")).unwrap();
    config.queries = root.join("queries");
    config.destination.clone_from(&generated);
    config.use_workspace_deps = UseWorkspaceDeps::Path(root.join("Cargo.toml"));
    let generating = tokio::task::spawn_blocking(move || cornucopia::gen_live(&client, config));
    generating.await.unwrap().unwrap_or_else(|error| panic!("{error:?}"));

    let (generated, old) = (files(&generated), files(&committed));
    if std::env::var_os("UPDATE_SQL").is_some_and(|value| !value.is_empty()) {
        for path in old.keys().filter(|path| !generated.contains_key(*path)) {
            fs::remove_file(committed.join(path)).unwrap();
        }
        for (path, content) in generated.iter().filter(|(path, content)| old.get(*path) != Some(content)) {
            let path = committed.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        return;
    }
    let places: std::collections::BTreeSet<_> = generated.keys().chain(old.keys()).collect();
    let stale: Vec<_> = places.into_iter().filter(|path| generated.get(*path) != old.get(*path)).collect();
    assert!(stale.is_empty(), "crates/sql is not what queries/ say: run `make sql`. It differs in {stale:?}");
}
