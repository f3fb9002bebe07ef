use std::{fs, path::Path};

use serde_json::Value;

use crate::support::Ella;

#[tokio::test]
async fn the_committed_document_is_the_one_that_is_served() {
    let ella = Ella::start().await;
    let served = ella.get("/openapi.json").await;
    served.assert(200);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json");
    let committed = fs::read_to_string(&file).unwrap_or_default();
    let committed: Value = serde_json::from_str(&committed).unwrap_or_default();
    assert!(
        served.body == committed,
        "openapi.json no longer describes the API. If the change is meant, renew it with `make openapi` and commit it."
    );
}
