//! A phone that is given back leaves the student behind whom it had got meanwhile. The phone still holds that student's
//! token, and would go on writing where nobody looks for it: so that student goes, and the token with them (401).

use ella_sql::{
    client::Params as _,
    queries::operator::{self as queries, EraseStudentParams},
};
use jiff::Timestamp;
use tokio_postgres::Transaction;
use uuid::Uuid;

/// How giving a phone to another student went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// It is the other student's, and the one whom it had is gone.
    Yes,
    /// The student whom it has talked already, or was placed: nothing was changed.
    OwnerIsBusy,
    /// The student whom it has uses another phone too: nothing was changed.
    OwnerHasOtherPhones,
}

/// Gives a phone to another student, and erases the one whom it had, who has done nothing yet.
pub(crate) async fn give_phone(
    transaction: &Transaction<'_>,
    device_hash: &[u8],
    owner: Uuid,
    to: Uuid,
    (now, action_id): (Timestamp, Uuid),
) -> Result<Given, tokio_postgres::Error> {
    // Held first: what they write from now on fails for want of a student, and what they have just written is seen.
    queries::hold_student().bind(transaction, &owner).opt().await?;
    if !queries::student_is_empty().bind(transaction, &owner).one().await? {
        return Ok(Given::OwnerIsBusy);
    }
    queries::give_device()
        .params(transaction, &queries::GiveDeviceParams { user_id: to, device_hash })
        .await?;
    if queries::student_has_phones().bind(transaction, &owner).one().await? {
        queries::give_device()
            .params(transaction, &queries::GiveDeviceParams { user_id: owner, device_hash })
            .await?;
        return Ok(Given::OwnerHasOtherPhones);
    }
    queries::erase_student()
        .params(transaction, &EraseStudentParams { user_id: owner, now, action_id })
        .one()
        .await?;
    Ok(Given::Yes)
}
