use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};

use super::Ella;

/// Holds a table, so that every request that touches it stops there.
pub struct Held {
    holding: Client,
    /// Another session: one that is in a transaction sees none that begin after its first look.
    looking: Client,
}

impl Held {
    pub async fn table(ella: &Ella, name: &str) -> Self {
        let (holding, looking) = (connected(ella).await, connected(ella).await);
        let lock = format!("begin; lock table ella.{name} in access exclusive mode");
        holding.batch_execute(&lock).await.unwrap();
        Self { holding, looking }
    }

    /// Waits until a request stops at the table, and kills its connection there.
    pub async fn kill_the_one_that_waits(&self) {
        let kill = "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock'";
        let until = Instant::now() + Duration::from_secs(20);
        while self.looking.query(kill, &[]).await.unwrap().is_empty() {
            assert!(Instant::now() < until, "no request stopped at the table");
            tokio::task::yield_now().await;
        }
    }

    pub async fn let_go(self) {
        self.holding.batch_execute("commit").await.unwrap();
    }
}

async fn connected(ella: &Ella) -> Client {
    let (client, connection) = ella.database.administrator.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
