//! `POST /auth/anonymous`: a device signs in.

use axum::extract::State;
use ella_sql::{client::Params, queries::auth};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{DeviceHasher, SignInAllowed};
use crate::{
    app::App,
    body,
    database::DatabaseError,
    http::{
        ApiError, Body, Json,
        openapi::problems::{Always, WithBody},
        parse::{Id, Secret},
    },
};

body! {
    /// A device that signs in.
    #[example(serde_json::json!({"device_id": "4b3c1f0e-9a59-4d39-8a6e-0d4d8f3f6f55"}))]
    pub struct SignIn {
        /// The device's own id. Upper and lower case are the same device.
        pub device_id: Id,
        /// A secret that only this device knows. Once sent, every later sign-in must send the same.
        pub device_secret: Option<Secret<32, 128>>,
    }
}

/// A signed-in student.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedIn {
    /// Send it as `Authorization: Bearer <token>`.
    access_token: String,
    #[schema(example = "bearer")]
    token_type: &'static str,
    /// Seconds that the token lives.
    #[schema(example = 2_592_000)]
    expires_in: i64,
    /// The student behind the device.
    user_id: Uuid,
    /// Whether the device was seen for the first time.
    created: bool,
}

/// Sign in with a device.
///
/// A device seen for the first time gets a new student.
#[utoipa::path(
    post, path = "/auth/anonymous", tag = "Authentication", security(()),
    request_body = SignIn,
    responses(
        (status = 200, description = "Signed in.", body = SignedIn),
        (status = 401, description = "The device has a secret, and this is not it.", body = crate::http::error::Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many sign-ins from this address.", body = crate::http::error::Problem, content_type = "application/problem+json",
            headers(("Retry-After" = u64, description = "Seconds to wait."))),
        WithBody, Always,
    )
)]
pub async fn sign_in(
    State(app): State<App>,
    _: SignInAllowed,
    Body(sign_in): Body<SignIn>,
) -> Result<Json<SignedIn>, ApiError> {
    let device_hash = app.devices.device(sign_in.device_id.0);
    let secret_hash = sign_in.device_secret.as_ref().map(|secret| app.devices.secret(secret.reveal()));
    let (user_id, created) = match known_device(&app, &device_hash, secret_hash.as_ref()).await? {
        Some(user_id) => (user_id, false),
        None => match new_student(&app, &device_hash, secret_hash.as_ref()).await? {
            Some(user_id) => (user_id, true),
            // Another sign-in of this device was first: now it is known.
            None => match known_device(&app, &device_hash, secret_hash.as_ref()).await? {
                Some(user_id) => (user_id, false),
                None => {
                    return Err(ApiError::Internal(
                        "a device was refused as known, and then was not".to_owned(),
                    ));
                }
            },
        },
    };
    let access_token = app
        .tokens
        .issue(user_id, app.clock.now())
        .ok_or_else(|| ApiError::Internal("sign a token".to_owned()))?;
    Ok(Json(SignedIn {
        access_token,
        token_type: "bearer",
        expires_in: app.tokens.life_seconds(),
        user_id,
        created,
    }))
}

/// The student of a device that was seen before, if its secret is right.
async fn known_device(
    app: &App,
    device: &[u8; 32],
    secret: Option<&[u8; 32]>,
) -> Result<Option<Uuid>, ApiError> {
    let find = || {
        app.database
            .read(|client| async move { auth::device().bind(&client, &device.as_slice()).opt().await })
    };
    let Some(mut known) = find().await? else { return Ok(None) };
    if let (None, Some(secret)) = (&known.secret_hash, secret) {
        let set = app
            .database
            .write_again(|client| async move {
                auth::set_device_secret()
                    .params(
                        &client,
                        &auth::SetDeviceSecretParams {
                            secret_hash: secret.as_slice(),
                            device_hash: device.as_slice(),
                        },
                    )
                    .await
            })
            .await?;
        if set == 1 {
            return Ok(Some(known.user_id));
        }
        // Another sign-in has just set one: what it set decides.
        match find().await? {
            Some(now_known) => known = now_known,
            None => return Ok(None),
        }
    }
    match (&known.secret_hash, secret) {
        (None, _) => Ok(Some(known.user_id)),
        (Some(expected), Some(given)) if DeviceHasher::same(expected, given) => Ok(Some(known.user_id)),
        (Some(_), _) => Err(ApiError::Unauthorized(
            "This device has signed in with a device_secret before; send the same one.",
        )),
    }
}

/// Makes a student for a device; none when the device turns out to be known already.
async fn new_student(
    app: &App,
    device: &[u8; 32],
    secret: Option<&[u8; 32]>,
) -> Result<Option<Uuid>, ApiError> {
    let user_id = app.new_id();
    let now = app.clock.now();
    let made = app
        .database
        .write_again(|client| async move {
            auth::create_student()
                .params(
                    &client,
                    &auth::CreateStudentParams {
                        user_id,
                        now,
                        device_hash: device.as_slice(),
                        secret_hash: secret.map(<[u8; 32]>::as_slice),
                    },
                )
                .await
        })
        .await;
    match made {
        Ok(_) => Ok(Some(user_id)),
        Err(DatabaseError::Constraint(name)) if name == "devices_pkey" || name == "students_pkey" => Ok(None),
        Err(error) => Err(error.into()),
    }
}
