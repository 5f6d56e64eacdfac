//! One act on many jobs: first shown, then done to those that were shown.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Deserialize;
use serde_json::json;
use shared::{
    audit_log::{Action, Subject},
    generation::{
        tasks::{CancelOutcome, changes},
        work::{self, Retry, Wish, WorkFilter, WorkState},
    },
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{job_list::JobQuery, job_story};
use crate::{
    auth::Admin,
    extract::{Body, Id, Seconds, Text, Word},
    problem::{Fail, Problem},
    response::{Reply, view},
    routes::{
        Tag,
        operations::{Change, Reason},
    },
    state::App,
};

/// Jobs that one request acts on, at most: each is a transaction of its own.
const ACTED_MAX: usize = 500;
/// Counting those that match ends here.
const COUNTED_MAX: i64 = 100_000;

/// Acts on many jobs.
pub struct AdminJobBulk;

shared::vocabulary! {
    /// What is done to each job.
    pub enum BulkAction {
        /// Cancel its task, for the consumer.
        Cancel = "cancel",
        /// Settle it again; for jobs that are parked.
        Retry = "retry",
    }
}

impl BulkAction {
    const fn wish(self) -> Wish {
        match self {
            Self::Cancel => Wish::Cancel,
            Self::Retry => Wish::Retry,
        }
    }
}

/// Which jobs it is about; everything given must hold. Jobs of which the same was asked already never match.
#[derive(Debug, Object, Deserialize)]
#[oai(rename = "JobFilter")]
struct JobFilter {
    /// Only jobs in this state.
    state: Option<Word<WorkState>>,
    /// Only jobs of this user.
    user_id: Option<Id>,
    /// Only jobs submitted for this model.
    model: Option<Text<1, 100>>,
    /// Only jobs that were submitted so many seconds ago or earlier.
    older_than: Option<Seconds>,
}

/// An act on many jobs.
#[derive(Debug, Object, Deserialize)]
#[oai(rename = "JobBulk")]
struct BulkRequest {
    /// What is done to each.
    action: Word<BulkAction>,
    /// Which jobs it is about.
    filter: JobFilter,
    /// `true` to be shown how many it would be; nothing is done then.
    preview: bool,
    /// The token of a preview: of the jobs shown there, those that still match are acted on. Without `preview` it is
    /// required.
    token: Option<Text<1, 16000>>,
    /// Why it is done, recorded in the audit log for each job. Without `preview` it is required.
    reason: Option<Reason>,
}

view! {
    /// What an act on many jobs would do, or did.
    struct BulkView as "JobBulkResult" {
        /// How many jobs match now; at most 100,000 are counted.
        matching: i64,
        /// How many of them this token is for, the oldest first: at most 500. Absent unless it is a preview.
        shown: Option<i64>,
        /// The token to send when it is to be done; absent unless it is a preview.
        token: Option<String>,
        /// To how many it was done. For canceling, these have ended.
        done: i64,
        /// How many are being processed, so that canceling is only requested.
        requested: i64,
        /// How many of those shown did not match any more, and were left alone.
        skipped: i64,
    }
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminJobBulk {
    /// Cancel or retry all jobs that match, after a preview.
    ///
    /// Send it with `preview` first: it answers how many jobs match, and a token for the oldest 500 of them. Send it
    /// again with the token and a reason: it acts on those of them that still match, and on no other. Repeat both
    /// until nothing matches. Each job is a change of its own; if the request breaks off, what was done stays done.
    #[oai(path = "/jobs/bulk", method = "post", operation_id = "admin_change_jobs")]
    async fn act(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        body: Body<BulkRequest>,
    ) -> Result<Reply<BulkView>, Fail> {
        let BulkRequest { action, filter, preview, token, reason } = body.value;
        let state = filter.state.map(Word::value);
        if *action == BulkAction::Retry && state != Some(WorkState::Parked) {
            let detail = "must be parked: only parked jobs can be settled again";
            return Err(Problem::invalid_field("filter.state", detail).into());
        }
        let mut conn = app.admin_db.acquire().await?;
        let query = JobQuery {
            state: filter.state,
            kind: None,
            user_id: filter.user_id,
            model: filter.model,
            older_than: filter.older_than,
        };
        let filter = query.filter(changes::now(&mut conn).await?).unwrap_or_default();
        // What was asked already is done within seconds or when its call ends: asking again does nothing.
        let filter = WorkFilter { not_asked: Some(action.wish()), ..filter };
        let rows = i64::try_from(ACTED_MAX).unwrap_or(i64::MAX);
        if preview {
            let matching = work::count_matching(&mut conn, &filter, COUNTED_MAX).await?;
            let ids = work::list_matching(&mut conn, &filter, rows).await?;
            return Ok(Reply::new(&BulkView {
                matching,
                shown: Some(i64::try_from(ids.len()).unwrap_or(i64::MAX)),
                token: Some(encode(&ids)),
                done: 0,
                requested: 0,
                skipped: 0,
            }));
        }
        let shown = token.as_deref().and_then(decode).ok_or_else(|| {
            Problem::invalid_field(
                "token",
                "must be the token of a preview of the same action; send `preview` first",
            )
        })?;
        let reason =
            reason.ok_or_else(|| Problem::invalid_field("reason", "is required to act"))?;
        let of_these = WorkFilter { ids: Some(shown.clone()), ..filter.clone() };
        let ids = work::list_matching(&mut conn, &of_these, rows).await?;
        drop(conn);
        let mut tally = Tally { skipped: shown.len() - ids.len(), ..Tally::default() };
        for id in ids {
            tally.note(act_on(app, &admin, *action, id, &reason).await?);
        }
        let matching =
            work::count_matching(&mut *app.admin_db.acquire().await?, &filter, COUNTED_MAX).await?;
        Ok(Reply::new(&tally.view(matching)))
    }
}

/// What came of it for one job.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Ended,
    Retried,
    Requested,
    Skipped,
}

#[derive(Default)]
struct Tally {
    done: usize,
    requested: usize,
    skipped: usize,
}

impl Tally {
    fn note(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Ended | Outcome::Retried => self.done += 1,
            Outcome::Requested => self.requested += 1,
            Outcome::Skipped => self.skipped += 1,
        }
    }

    fn view(&self, matching: i64) -> BulkView {
        let count = |it: usize| i64::try_from(it).unwrap_or(i64::MAX);
        BulkView {
            matching,
            shown: None,
            token: None,
            done: count(self.done),
            requested: count(self.requested),
            skipped: count(self.skipped),
        }
    }
}

/// A transaction for each: together they would lock tasks after wallets.
async fn act_on(
    app: &App,
    admin: &Admin,
    action: BulkAction,
    id: Uuid,
    reason: &str,
) -> Result<Outcome, Problem> {
    let mut tx = app.admin_db.begin().await?;
    let outcome = match action {
        BulkAction::Cancel => cancel(&mut tx, admin, id, reason).await?,
        BulkAction::Retry => retry(&mut tx, admin, id, reason).await?,
    };
    tx.commit().await?;
    // At once: what comes next may fail.
    if outcome == Outcome::Ended {
        app.endings.announce(&[id]);
    }
    Ok(outcome)
}

async fn cancel(
    tx: &mut PgConnection,
    admin: &Admin,
    id: Uuid,
    reason: &str,
) -> Result<Outcome, Problem> {
    let outcome = job_story::cancel(tx, admin, id, reason, json!({ "bulk": true })).await?;
    Ok(match outcome {
        CancelOutcome::Canceled => Outcome::Ended,
        CancelOutcome::Requested => Outcome::Requested,
        CancelOutcome::Final | CancelOutcome::NotFound => Outcome::Skipped,
    })
}

async fn retry(
    tx: &mut PgConnection,
    admin: &Admin,
    id: Uuid,
    reason: &str,
) -> Result<Outcome, Problem> {
    if work::retry_settlement(tx, id).await? != Retry::Requested {
        return Ok(Outcome::Skipped);
    }
    Change { action: Action::SettlementRetried, subject: Subject::Task(id), reason }
        .record(tx, admin, json!({ "bulk": true }))
        .await?;
    Ok(Outcome::Retried)
}

/// The ids one after the other: what was shown is what the token says.
fn encode(ids: &[Uuid]) -> String {
    let bytes: Vec<u8> = ids.iter().flat_map(|it| it.into_bytes()).collect();
    // Not empty, so that a preview of nothing has a token too.
    format!("j{}", BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

fn decode(token: &str) -> Option<Vec<Uuid>> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token.strip_prefix('j')?).ok()?;
    let fits = bytes.len().is_multiple_of(16) && bytes.len() <= ACTED_MAX * 16;
    fits.then(|| bytes.chunks_exact(16).filter_map(|it| Uuid::from_slice(it).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_which_jobs_were_shown() {
        for count in [0, 1, ACTED_MAX] {
            let ids: Vec<Uuid> = (0..count).map(|_| Uuid::now_v7()).collect();
            let token = encode(&ids);

            assert_eq!(decode(&token), Some(ids));
            assert!((1..=16_000).contains(&token.len()));
        }
        let many: Vec<Uuid> = (0..=ACTED_MAX).map(|_| Uuid::now_v7()).collect();
        for token in ["", "x", "jAAAA", &encode(&many)] {
            assert_eq!(decode(token), None);
        }
    }
}
