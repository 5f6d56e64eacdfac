//! The end of a test: everything quiet, the books exact, every process drained, no secret left.

use std::time::Duration;

use devkit::database::role_password;
use devkit::deadline;
use devkit::process::Process;
use nix::sys::signal::Signal;
use shared::db::Role;
use shared::pool::vault::FingerprintSecret;

use super::Stack;
use crate::books;
use crate::client::User;
use crate::simulator::ProviderKey;

/// A stack that works ends its tasks within the longest deadline tests give them.
const QUIET_WITHIN: Duration = Duration::from_mins(1);
const DRAINED_WITHIN: Duration = Duration::from_secs(30);

/// What may be left when a test ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftover {
    /// Every task is final.
    Nothing,
    /// Tasks may wait, or be parked with a settlement that failed; no call is running.
    Tasks,
}

impl Stack {
    /// Ends the test: waits until every task is final, then checks everything.
    pub async fn finish(self) {
        self.finish_leaving(Leftover::Nothing).await;
    }

    /// The same for a test that leaves tasks waiting on purpose.
    pub async fn finish_leaving(self, leftover: Leftover) {
        self.await_quiet(leftover).await;
        let mut violations = books::check(&self).await;
        violations.extend(self.drain().await);
        violations.extend(books::find_secrets(&self).await);
        self.end(violations).await;
    }

    /// The end of a measurement: sums are checked, not every single image.
    pub async fn finish_measured(self) {
        self.await_quiet(Leftover::Nothing).await;
        let mut violations = books::check_sums(&self).await;
        violations.extend(self.drain().await);
        self.end(violations).await;
    }

    /// Checks everything like [`Stack::finish`] and returns the violations instead of panicking, after
    /// those in `found`. If there are any, the logs are kept.
    pub async fn verdict(mut self, found: Vec<String>) -> Vec<String> {
        let quiet = deadline::find(QUIET_WITHIN, async || {
            self.unfinished(Leftover::Nothing).await.is_empty().then_some(())
        })
        .await;
        let mut violations = found;
        if quiet.is_none() {
            violations.extend(self.unfinished(Leftover::Nothing).await);
        }
        violations.extend(books::check(&self).await);
        violations.extend(self.drain().await);
        violations.extend(books::find_secrets(&self).await);
        violations.extend(self.panics());
        self.pool.close().await;
        if !violations.is_empty() {
            let kept = self.folder.with_extension("logs");
            // Images are of no use to a reader of logs.
            let _ = std::fs::remove_dir_all(self.folder.join("images"));
            if std::fs::rename(&self.folder, &kept).is_ok() {
                violations.push(format!("the logs are in {}", kept.display()));
            }
        }
        self.finished = true;
        violations
    }

    async fn end(mut self, mut violations: Vec<String>) {
        violations.extend(self.panics());
        assert!(violations.is_empty(), "the books are not exact:\n  {}", violations.join("\n  "));
        self.finished = true;
        self.forget_in_redis().await;
        self.pool.close().await;
        if self.own_postgres.is_none() {
            self.database.drop().await;
        }
    }

    /// Waits until every task is final, or waits on purpose.
    pub async fn await_quiet(&self, leftover: Leftover) {
        let quiet = deadline::find(QUIET_WITHIN, async || {
            let left = self.unfinished(leftover).await;
            left.is_empty().then_some(())
        })
        .await;
        if quiet.is_none() {
            let left = self.unfinished(leftover).await.join("\n  ");
            panic!("not quiet after {QUIET_WITHIN:?}:\n  {left}");
        }
    }

    async fn unfinished(&self, leftover: Leftover) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT format('task %s is %s, next at %s, parked at %s', id, status, next_at, settle_failed_at)
               FROM generation.task
              WHERE NOT $1 AND status IN ('pending', 'processing')
             UNION ALL
             SELECT format('attempt %s of task %s is calling', a.id, a.task_id)
               FROM generation.attempt a JOIN generation.task t ON t.id = a.task_id
              WHERE a.state = 'calling' AND t.settle_failed_at IS NULL",
        )
        .bind(leftover == Leftover::Tasks)
        .fetch_all(&self.pool)
        .await
        .expect("a superuser reads everything")
    }

    /// SIGTERM to all; each must end by itself and with success.
    async fn drain(&self) -> Vec<String> {
        let names: Vec<String> = self.services.iter().map(|it| it.name.clone()).collect();
        let alive: Vec<&String> = names.iter().filter(|it| self.exited(it).is_none()).collect();
        for name in &alive {
            self.signal(name, Signal::SIGTERM);
        }
        let mut violations = Vec::new();
        for name in alive {
            let ended = deadline::find(DRAINED_WITHIN, async || self.exited(name)).await;
            match ended {
                Some(status) if status.success() => {}
                Some(status) => violations.push(format!("{name} drained with {status}")),
                None => violations.push(format!("{name} has not drained in {DRAINED_WITHIN:?}")),
            }
        }
        violations
    }

    fn panics(&self) -> Vec<String> {
        let processes = self.processes();
        let panicked = |it: &&Process| it.launch().log_text().contains("panicked at");
        let names = processes.values().filter(panicked).map(|it| &it.launch().name);
        names.map(|it| format!("{it} panicked")).collect()
    }

    /// Deletes everything this stack has in Redis.
    pub async fn forget_in_redis(&self) {
        let Some(mut conn) = books::redis_connection(self).await else { return };
        for key in books::redis_keys(&mut conn, &self.redis_namespace).await {
            let _: redis::RedisResult<()> =
                redis::cmd("UNLINK").arg(key).query_async(&mut conn).await;
        }
    }

    /// The passwords of the roles and the secrets of the environment.
    pub(crate) fn secret_settings(&self) -> Vec<String> {
        const SECRET: [&str; 4] = [
            "AETHERFLOW_MASTER_KEYS",
            "AETHERFLOW_JWT_SECRET",
            "AETHERFLOW_FINGERPRINT_SECRET",
            "AETHERFLOW_URL_SECRET",
        ];
        let environments = self.services.iter().map(|it| &it.env);
        let named = environments.flat_map(|env| SECRET.iter().filter_map(|it| env.get(*it)));
        let values = named.map(|it| it.split_once(':').map_or(it.as_str(), |(_, key)| key));
        let passwords = Role::ALL.into_iter().map(role_password);
        values.map(str::to_owned).chain(passwords).collect()
    }

    pub(crate) fn fingerprints(&self) -> FingerprintSecret {
        let mut envs = self.services.iter().map(|it| &it.env);
        let secret = envs.find_map(|it| it.get("AETHERFLOW_FINGERPRINT_SECRET"));
        let secret = secret.expect("a stack with keys has an api").as_str().into();
        FingerprintSecret::new(&secret).expect("ours is long enough")
    }

    pub(crate) fn known_users(&self) -> Vec<User> {
        self.users.lock().expect("no holder of this lock panics").clone()
    }

    pub(crate) fn known_keys(&self) -> Vec<ProviderKey> {
        self.keys.lock().expect("no holder of this lock panics").clone()
    }
}
