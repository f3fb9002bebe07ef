//! `ella student relink`: a phone that lost its secret, or a new phone, finds its student again.

use ella_sql::{
    client::Params as _,
    queries::{auth, operator as queries, users},
};
use uuid::Uuid;

use super::{
    super::connection::refused,
    Operator,
    abandon::{Given, give_phone},
    erase, unknown,
};
use crate::{
    auth::DeviceHasher,
    config::Config,
    database::RecoveryKey,
    secrets::{self, Origin, Secrets},
};

/// Relinks, and says what that means.
///
/// # Errors
/// A sentence; then nothing was changed.
#[expect(clippy::print_stdout, reason = "for the person at the terminal")]
pub(super) async fn command(
    operator: &mut Operator,
    config: &Config,
    id: Uuid,
    device: Option<Uuid>,
) -> Result<(), String> {
    let hasher = match device {
        Some(_) => Some(hasher(operator, config).await?),
        None => None,
    };
    let device = device.zip(hasher.as_ref()).map(|(device, hasher)| hasher.device(device));
    let sentence = match relink(operator, id, device.as_ref()).await? {
        Relinked::Secrets(0) => {
            "None of this student's phones has a secret; any of them can sign in.".to_owned()
        }
        Relinked::Secrets(count) => {
            let phones = if count == 1 { "phone".to_owned() } else { format!("{count} phones") };
            format!(
                "Forgot the secret of the student's {phones}: the next sign-in may bring a new one, and that one stays."
            )
        }
        Relinked::Device { was_the_students: true } => {
            "Forgot the secret of this phone: its next sign-in may bring a new one, and that one stays."
                .to_owned()
        }
        Relinked::Device { was_the_students: false } => {
            "This phone is the student's now: its next sign-in finds everything. A token that it had for another student is no \
             longer good."
                .to_owned()
        }
    };
    println!("{sentence}");
    Ok(())
}

/// What was done.
#[derive(Debug, PartialEq, Eq)]
pub enum Relinked {
    /// The secrets of so many phones were forgotten.
    Secrets(u64),
    /// One phone can sign in.
    Device {
        /// It was the student's before, and its secret was forgotten.
        was_the_students: bool,
    },
}

/// Lets the phones of a student bring new secrets, or one phone, which becomes the student's if it is not.
///
/// # Errors
/// A sentence; then nothing was changed.
pub async fn relink(
    operator: &mut Operator,
    id: Uuid,
    device_hash: Option<&[u8; 32]>,
) -> Result<Relinked, String> {
    let (now, action_id) = operator.now();
    let (_, erasure_id) = operator.now();
    let failed = |error: tokio_postgres::Error| refused(&error);
    let transaction = operator.client.transaction().await.map_err(failed)?;
    if users::student_exists().bind(&transaction, &id).opt().await.map_err(failed)?.is_none() {
        return Err(unknown(id));
    }
    let relinked = match device_hash {
        None => Relinked::Secrets(queries::forget_secrets().bind(&transaction, &id).await.map_err(failed)?),
        Some(device_hash) => {
            let hash = device_hash.as_slice();
            let known = auth::device().bind(&transaction, &hash).map(|device| device.user_id).opt().await;
            match known.map_err(failed)? {
                Some(owner) if owner == id => {
                    queries::forget_secret().bind(&transaction, &hash).await.map_err(failed)?;
                    Relinked::Device { was_the_students: true }
                }
                Some(owner) => {
                    let given =
                        give_phone(&transaction, hash, owner, id, (now, erasure_id)).await.map_err(failed)?;
                    refuse_unless_given(given, owner)?;
                    Relinked::Device { was_the_students: false }
                }
                None => {
                    let params = queries::AddDeviceParams { device_hash: hash, user_id: id, now };
                    queries::add_device().params(&transaction, &params).await.map_err(failed)?;
                    Relinked::Device { was_the_students: false }
                }
            }
        }
    };
    let note = queries::NoteOperatorActionParams { user_id: id, id: action_id, now, action: "relink" };
    queries::note_operator_action().params(&transaction, &note).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    // Whoever was left behind is on the list.
    erase::keep_the_list(operator).await?;
    Ok(relinked)
}

/// A phone that has signed in already has a student; only one who has done nothing yet is left behind.
fn refuse_unless_given(given: Given, owner: Uuid) -> Result<(), String> {
    match given {
        Given::Yes => Ok(()),
        Given::OwnerIsBusy => Err(format!(
            "This phone is another student's ({owner}), who has conversations or placements. Erase or export that student \
             first, if the two are one person. Nothing was changed."
        )),
        Given::OwnerHasOtherPhones => Err(format!(
            "This phone is another student's ({owner}), who uses other phones too: what they say there would be lost. Erase \
             that student first, if the two are one person. Nothing was changed."
        )),
    }
}

/// Hashes device ids as the server does, with the same recovery key.
async fn hasher(operator: &Operator, config: &Config) -> Result<DeviceHasher, String> {
    let key = match &config.recovery_key {
        Some(key) => key.clone(),
        None => {
            let file = operator.data_dir.join(secrets::RECOVERY_KEY_FILE);
            secrets::kept_key(&file)?.ok_or_else(|| {
                format!("{} is missing, and without it phones cannot be told. Put it back, or set ELLA_RECOVERY_KEY.", file.display())
            })?
        }
    };
    let secrets = Secrets::new(&key, config);
    let key = RecoveryKey { secrets: &secrets, origin: Origin::Kept, data_dir: &operator.data_dir };
    key.refuse_another(&operator.client).await?;
    Ok(DeviceHasher::new(secrets.device_key()))
}
