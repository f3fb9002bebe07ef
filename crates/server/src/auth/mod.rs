//! From a device to a student, and who may call what.

mod admin_key;
mod anonymous;
mod device;
mod limiter;
mod student;
mod token;

pub use admin_key::{Admin, AdminKey};
pub use anonymous::*;
pub use device::DeviceHasher;
pub use limiter::{SignInAllowed, SignInLimiter};
pub use student::Student;
pub use token::{TokenFault, Tokens};
