//! What is kept of a device: keyed hashes, from which neither its id nor its secret can be told.

use aws_lc_rs::{constant_time, hmac};
use uuid::Uuid;

/// Hashes device ids and secrets.
pub struct DeviceHasher(hmac::Key);

impl DeviceHasher {
    /// A hasher under `key`, which should be derived for this alone.
    #[must_use]
    pub fn new(key: hmac::Key) -> Self {
        Self(key)
    }

    /// The hash under which a device is found.
    #[must_use]
    pub fn device(&self, device_id: Uuid) -> [u8; 32] {
        self.hash("device", device_id.as_bytes())
    }

    /// The hash of a device's secret.
    #[must_use]
    pub fn secret(&self, secret: &str) -> [u8; 32] {
        self.hash("secret", secret.as_bytes())
    }

    /// Compares in constant time.
    #[must_use]
    pub fn same(left: &[u8], right: &[u8]) -> bool {
        constant_time::verify_slices_are_equal(left, right).is_ok()
    }

    fn hash(&self, kind: &str, bytes: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(kind.as_bytes());
        context.update(&[0]);
        context.update(bytes);
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        hash
    }
}
