//! How tests set the scene, act and look.
//!
//! ```ignore
//! let ella = Ella::start().await;
//! let ana = ella.student().await;
//! let answer = ana.put("/users/me", json!({"name": "Ana"})).await;
//! answer.assert(200);
//! assert_eq!(answer.body["name"], "Ana");
//! ```

mod answer;
mod ella;
mod gatekeeper;
mod held;
mod outage;
mod programs;
mod stream;
mod student;

pub use answer::Answer;
pub use ella::{ADMIN_KEY, Ella, EllaBuilder, JWT_SECRET, test_cluster};
pub use gatekeeper::Gatekeeper;
pub use held::Held;
pub use outage::Outage;
pub use programs::find_program;
pub use stream::{Heard, Stream, refused};
pub use student::Student;
