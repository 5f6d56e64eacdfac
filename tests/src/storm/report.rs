//! The end of a storm: what is wrong, and one page about all of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use sqlx::AssertSqlSafe;

use super::fleet::{CLIENTS, FAULTY, RESOURCES};
use super::memory::Memory;
use super::tally::{Tally, percentile};
use super::{Plan, Storm, dump, hostile, limits};
use crate::books::beyond_budget;
use crate::hostile::Ruse;
use crate::stack::Stack;

/// Two answers lost in a row end a task, however many keys are left: each may have been billed. With
/// processes dying every few seconds that is rare, and no more than this.
const SUCCESS_MIN: f64 = 0.98;
/// A storm in which hardly anything was made proves nothing.
const COMPLETED_MIN: u64 = 100;

/// What a storm has come to.
#[derive(Debug)]
pub struct Report {
    /// One page for people.
    pub page: String,
    /// Everything that must not have happened.
    pub violations: Vec<String>,
}

pub(super) async fn judge(storm: Storm, memory: Memory) -> Report {
    let limits = limits::check(&storm).await;
    let provider = provider(&storm).await;
    let Storm { fleet, plan, tally, .. } = storm;
    let mut tally = tally.into_inner().expect("no holder of this lock panics");
    let stack = fleet.stack;
    let attempts =
        counted(&stack, "SELECT state, count(*) FROM generation.attempt GROUP BY 1 ORDER BY 1")
            .await;
    let mut violations = std::mem::take(&mut tally.violations);
    violations.extend(limits);
    violations.extend(promises(&stack, &tally).await);
    violations.extend(hostile::check(&stack, &tally.suspensions).await);
    violations.extend(beyond_budget(&stack).await);
    violations.extend(dump::check(&stack));
    violations.extend(memory.violations(plan.length));
    violations.extend(judged(&tally));
    let violations = stack.verdict(violations).await;
    let page = page(&plan, &tally, &[attempts, provider], &memory, &violations);
    Report { page, violations }
}

/// Every task was promised to a client, except those whose unanswered try was accepted after a later
/// one was refused; and every promised task exists.
async fn promises(stack: &Stack, tally: &Tally) -> Vec<String> {
    let tasks: BTreeMap<String, String> =
        sqlx::query_as("SELECT id::text, idempotency_key FROM generation.task")
            .fetch_all(&stack.pool)
            .await
            .expect("a superuser reads everything")
            .into_iter()
            .collect();
    let nobodys = tasks
        .iter()
        .filter(|(id, key)| !tally.known.contains(*id) && !tally.refused_late.contains(*key))
        .map(|(id, _)| format!("task {id} exists and was promised to no client"));
    let gone = tally.known.iter().filter(|id| !tasks.contains_key(*id));
    nobodys.chain(gone.map(|it| format!("task {it} was promised and does not exist"))).collect()
}

fn judged(tally: &Tally) -> Vec<String> {
    let mut violations = Vec::new();
    if tally.success() < SUCCESS_MIN {
        violations
            .push(format!("only {:.2} % of what could be made was made", tally.success() * 100.0));
    }
    if tally.outcome("completed") < COMPLETED_MIN {
        violations.push("too little was made to prove anything".to_owned());
    }
    violations
}

/// The provider's own figures.
async fn provider(storm: &Storm) -> String {
    let all = storm.stack().simulator.counters().await.unwrap_or_default();
    let (calls, images): (u64, u64) =
        all.iter().fold((0, 0), |sum, it| (sum.0 + it.calls, sum.1 + it.images));
    let busiest = all.iter().map(|it| it.in_flight_max).max().unwrap_or(0);
    let window = all.iter().map(|it| it.window_max).max().unwrap_or(0);
    format!(
        "provider     {calls} calls, {images} images; on one key at most {busiest} at once, {window} in 10 s"
    )
}

async fn counted(stack: &Stack, query: &str) -> String {
    let rows: Vec<(String, i64)> = sqlx::query_as(AssertSqlSafe(query.to_owned()))
        .fetch_all(&stack.pool)
        .await
        .expect("a superuser reads everything");
    let rows: Vec<String> = rows.iter().map(|(name, count)| format!("{name} {count}")).collect();
    format!("attempts     {}", rows.join(", "))
}

fn page(
    plan: &Plan,
    tally: &Tally,
    more: &[String],
    memory: &Memory,
    violations: &[String],
) -> String {
    let listed = |all: &BTreeMap<String, u64>| {
        let all: Vec<String> = all.iter().map(|(name, count)| format!("{name} {count}")).collect();
        all.join(", ")
    };
    let ms = |all: &[Duration], percent| percentile(all, percent).as_secs_f64() * 1e3;
    let times = |all: &[Duration]| {
        format!(
            "p50 {:.0} ms, p99 {:.0} ms, slowest {:.0} ms",
            ms(all, 50),
            ms(all, 99),
            ms(all, 100)
        )
    };
    let mut page = String::new();
    let mut line = |text: String| writeln!(page, "{text}").expect("a string takes everything");
    line(format!("A storm of {:?}, seed {}", plan.length, plan.seed));
    line(format!(
        "             4 workers, 2 schedulers, 2 apis, {CLIENTS} clients, {RESOURCES} resources, {FAULTY} of them faulty, {} hostile owners",
        Ruse::ALL.len()
    ));
    line(format!("tasks        {} promised: {}", tally.known.len(), listed(&tally.outcomes)));
    line(format!(
        "refused      {}, {} of them after a try nobody answered; {} requests had to be repeated",
        listed(&tally.refused),
        tally.refused_late.len(),
        tally.repeated
    ));
    line(format!("trouble      {}", listed(&tally.trouble)));
    line(format!("success      {:.2} % while capacity existed", tally.success() * 100.0));
    line(format!("submit       {}", times(&tally.submits)));
    line(format!("lifecycle    {}", times(&tally.lifecycles)));
    for it in more {
        line(it.clone());
    }
    line(format!("memory       {}", memory.lines().join("\n             ")));
    line(match violations {
        [] => "violations   none".to_owned(),
        all => format!("violations   {}\n  {}", all.len(), all.join("\n  ")),
    });
    page
}
