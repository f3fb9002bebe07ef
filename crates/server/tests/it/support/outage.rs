use ella_test_support::database::execute;
use tokio_postgres::Config;

use super::Ella;

/// A server's database lets nobody in.
pub struct Outage {
    elsewhere: Config,
    name: String,
}

impl Outage {
    pub async fn begin(ella: &Ella) -> Self {
        let name = ella.database.name.clone();
        let mut elsewhere = ella.database.administrator.clone();
        elsewhere.dbname("postgres");
        execute(&elsewhere, &format!("alter database {name} with allow_connections false")).await;
        let end = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
        execute(&elsewhere, &end).await;
        Self { elsewhere, name }
    }

    pub async fn end(self) {
        execute(&self.elsewhere, &format!("alter database {} with allow_connections true", self.name)).await;
    }
}
