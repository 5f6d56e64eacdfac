//! What must be true whatever the hostile owners did.

use std::collections::BTreeMap;

use futures::future::join_all;
use tests::books::beyond_budget;
use tests::hostile::Ruse;
use tests::stack::Stack;

use super::cast::Cast;
use super::play::Tally;

/// The share of what could be made that is made.
const COMPLETED_MIN: f64 = 0.99;
/// Less trade than this proves nothing.
const TRADE_MIN: u64 = 300;
const HOSTILE_CALLS_MIN: u64 = 50;

pub async fn judge(cast: Cast, tally: &Tally) {
    let calls = calls_by_ruse(&cast).await;
    eprintln!("outcomes    {:?}", tally.outcomes);
    eprintln!("refused     {:?}", tally.refused);
    eprintln!("deeds       {:?}", tally.deeds);
    eprintln!("calls       {calls:?}");
    eprintln!("slowest     {:?}", tally.slowest);
    let mut violations = tally.violations.clone();
    violations.extend(completed(tally));
    violations.extend(blamed(&cast.stack).await);
    violations.extend(beyond_budget(&cast.stack).await);
    let hostile: u64 = calls.values().sum();
    if hostile < HOSTILE_CALLS_MIN {
        violations.push(format!("hostile keys were called {hostile} times: that proves nothing"));
    }
    assert!(violations.is_empty(), "seed {}:\n  {}", cast.seed, violations.join("\n  "));
    cast.stack.finish().await;
}

async fn calls_by_ruse(cast: &Cast) -> BTreeMap<Ruse, u64> {
    let books = join_all(cast.hostile.iter().map(|it| it.key.books())).await;
    let mut calls = BTreeMap::new();
    for (hostile, books) in cast.hostile.iter().zip(books) {
        *calls.entry(hostile.ruse).or_default() += books.calls;
    }
    let honest = join_all(cast.honest.iter().map(tests::simulator::ProviderKey::books)).await;
    eprintln!("honest      {} calls", honest.iter().map(|it| it.calls).sum::<u64>());
    calls
}

/// Honest keys had capacity all the time, and honest consumers ask for nothing improper, so a task that ended without an
/// image was lost, whatever it is said to have ended for.
#[expect(clippy::cast_precision_loss, reason = "nobody trades 2^52 images in a test")]
fn completed(tally: &Tally) -> Vec<String> {
    let made = tally.outcome("completed");
    let ended: u64 = tally.outcomes.values().sum();
    let refused: u64 = tally.refused.values().sum();
    let mut violations = Vec::new();
    let share = made as f64 / (ended + refused).max(1) as f64;
    eprintln!("completed   {:.2} %", share * 100.0);
    if share < COMPLETED_MIN {
        violations.push(format!("only {:.2} % of the tasks were completed", share * 100.0));
    }
    if made < TRADE_MIN {
        violations.push(format!("{made} images are too few to prove anything"));
    }
    violations
}

/// A task is called improper only where a call of its own was.
async fn blamed(stack: &Stack) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT format('task %s is blamed for its prompt without a verdict', t.id) FROM generation.task t
          WHERE t.status = 'failed' AND t.error_code = 'content_blocked'
            AND NOT EXISTS (SELECT FROM generation.attempt a
                             WHERE a.task_id = t.id AND a.state = 'refused')
            AND NOT EXISTS (SELECT FROM generation.strike s WHERE s.user_id = t.user_id)",
    )
    .fetch_all(&stack.pool)
    .await
    .expect("a superuser reads everything")
}
