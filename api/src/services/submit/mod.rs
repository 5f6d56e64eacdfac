//! Submitting a task. Everything is decided from memory; the one query is the batch that writes the task.
//! Each route that takes image requests ends here.

mod lanes;
mod order;
mod queue;
mod refusal;
mod waiting_counts;

use shared::{
    generation::{
        submit::SubmitOutcome,
        tasks::{self, Task},
    },
    identity::access::Principal,
    ledger::wallet,
};
use uuid::Uuid;

pub use lanes::LaneBook;
pub use order::{DEADLINE_SECONDS_MAX, ImageOrder, JudgedOrder};
pub use queue::{SubmitQueue, SubmitRefusal};
pub use refusal::Refusal;
pub use waiting_counts::WaitingCounts;

use crate::{
    idempotency::{self, Idempotency},
    problem::{Problem, Shortfall},
    state::App,
};

/// How many of the tasks that hold a wallet's credits a refusal names.
const HELD_BY_MAX: i64 = 5;

/// A task that was submitted.
pub struct Submitted {
    /// The task as it is now.
    pub task: Task,
    /// Whether it was submitted by an earlier request with the same key.
    pub replayed: bool,
}

/// Submits a task for the caller. A request that was taken once is answered with its task again, whatever
/// has become of the resources since.
pub async fn submit(
    app: &App,
    caller: &Principal,
    order: ImageOrder,
    idempotency: &Idempotency,
) -> Result<Submitted, Problem> {
    let user = caller.user_id;
    let request_hash = order.request_hash(idempotency.path());
    let judged = match judge(app, &order, user).await? {
        Ok(judged) => judged,
        Err(refusal) => {
            let earlier = find_earlier(app, user, idempotency, &request_hash).await?;
            let task = earlier.ok_or_else(|| Problem::from(refusal))?;
            return Ok(Submitted { task, replayed: true });
        }
    };

    let config = &app.config.generation;
    let key = idempotency.key().map(str::to_owned);
    let lane = app.generation.lanes.id(order.lane(&judged, user)).await?;
    let task = order.clone().into_task(caller, &judged, config, lane, key, request_hash);
    let (needed, wallet, estimate) = (task.amount_min, task.wallet, judged.quote.amount_min);
    match app.generation.submits.submit(task).await? {
        SubmitOutcome::Accepted(accepted) => {
            Ok(Submitted { task: order.into_pending(user, &accepted), replayed: false })
        }
        SubmitOutcome::Replayed(id) => {
            let found = tasks::find(&mut *app.db.acquire().await?, id, user).await?;
            Ok(Submitted { task: found.ok_or_else(Problem::not_found)?, replayed: true })
        }
        SubmitOutcome::Insufficient { available } => {
            let mut conn = app.db.acquire().await?;
            let (held, held_by) = wallet::read_held(&mut conn, wallet, HELD_BY_MAX).await?;
            let shortfall = Shortfall { required: needed, available, held, held_by };
            Err(refusal::of_shortfall(shortfall, estimate))
        }
        refused => Err(refusal::of_outcome(&refused, needed).unwrap_or_else(Problem::not_found)),
    }
}

/// Judges an order by the prices in memory. Before it is refused it is judged again, by prices as of now.
pub async fn judge(
    app: &App,
    order: &ImageOrder,
    user: Uuid,
) -> Result<Result<JudgedOrder, Refusal>, Problem> {
    let market = &app.generation.market;
    let config = &app.config.generation;
    if let Ok(judged) = order.judge(&market.prices(), user, config) {
        return Ok(Ok(judged));
    }
    Ok(order.judge(&market.fresh_prices().await?, user, config))
}

/// The task of an earlier request with this key, if there was one.
async fn find_earlier(
    app: &App,
    user: Uuid,
    idempotency: &Idempotency,
    request_hash: &str,
) -> Result<Option<Task>, Problem> {
    let Some(key) = idempotency.key() else { return Ok(None) };
    let found = tasks::find_submitted(&mut *app.db.acquire().await?, user, key).await?;
    match found {
        Some((_, hash)) if hex::encode(&hash) != request_hash => Err(idempotency::key_reused()),
        found => Ok(found.map(|(task, _)| task)),
    }
}
