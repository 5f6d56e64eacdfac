//! `cargo xtask bench`: whole lifecycles per second (HTTP submit, settled, seen by `?wait`) against
//! pgbench TPC-B on the same server, alternating in the same run.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts lie far below 2^52, and a measurement is rounded in the end"
)]

mod backlog;
mod connection;
mod half_open;
mod histogram;
mod load;
mod options;
mod owners;
mod pgbench;
mod pickup;
mod report;
mod seed;
mod usage;

use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser as _;
use futures::{StreamExt as _, stream};
use serde_json::json;
use tests::client::User;
use tests::stack::Stack;

use histogram::Histogram;
use load::{Outcome, Turns};
use options::Options;
use pgbench::TpcB;
use report::{Report, Slow};
use seed::Cast;
use usage::Usage;

/// Tasks each client keeps open while the provider is slow.
const OPEN_PER_CLIENT: usize = 32;
const PICKUPS: usize = 100;

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let tpcb = if options.no_tpcb { None } else { Some(fill(&options).await?) };
    println!("  seeding {} keys and {} consumers …", options.resources, options.consumers);
    let stack = start(&options).await;
    let cast = seed::seed(&stack, &options).await;
    let mut report = Report::default();
    if let Err(error) = measure(&stack, &cast, &options, tpcb.as_ref(), &mut report).await {
        // A panic, so that the stack prints its logs.
        panic!("{error:#}");
    }
    report.rss_mb = usage::rss_mb(&stack);
    report.print();
    report.write()?;
    println!("  comparing the books with the provider's …");
    stack.finish_measured().await;
    if let Some(tpcb) = tpcb {
        tpcb.drop_now().await?;
    }
    println!("  exact");
    Ok(())
}

async fn fill(options: &Options) -> Result<TpcB> {
    println!("  filling TPC-B at scale {} …", options.scale());
    TpcB::fill(options.scale()).await
}

/// Everything as in production with fewer log lines, and enough calls at once for the slow provider.
async fn start(options: &Options) -> Stack {
    let calls = options.clients * OPEN_PER_CLIENT / options.workers.max(1);
    Stack::builder()
        .workers(options.workers)
        .setting("", "RUST_LOG", "warn")
        .setting("worker", "AETHERFLOW_WORKER_CONCURRENCY", &calls.clamp(32, 4_096).to_string())
        .setting("worker", "AETHERFLOW_BODY_BUDGET", "1GiB")
        .start()
        .await
}

async fn measure(
    stack: &Stack,
    cast: &Cast,
    options: &Options,
    tpcb: Option<&TpcB>,
    report: &mut Report,
) -> Result<()> {
    let length = Duration::from_secs(options.seconds());
    println!("  warming up …");
    load::run(&stack.api_url, &turns(&cast.consumers).await, options.clients, length / 4).await?;
    analyze(stack).await?;
    let (mut claims, mut settles) = (Histogram::default(), Histogram::default());
    for round in 1..=options.rounds() {
        let turns = turns(&cast.consumers).await;
        let before = Snapshot::read(stack).await?;
        let outcome = load::run(&stack.api_url, &turns, options.clients, length).await?;
        let after = Snapshot::read(stack).await?;
        println!("  round {round}: {:.1} lifecycles/s", outcome.per_second());
        report.per_task = after.usage.since(&before.usage, outcome.lifecycles.len());
        report.add_round(outcome);
        (claims, settles) =
            (after.claims.since(&before.claims), after.settles.since(&before.settles));
        if let Some(tpcb) = tpcb {
            checkpoint(stack).await?;
            let tps = tpcb.run(options.clients, options.seconds()).await?;
            println!("  round {round}: {tps:.1} TPC-B/s");
            report.tpcb_per_second.push(tps);
            checkpoint(stack).await?;
        }
    }
    (report.claim_batch, report.settle_batch) = (claims.median(), settles.median());

    println!("  idle pick-up …");
    let turns = turns(&cast.consumers).await;
    report.pickup = pickup::measure(stack, &turns, &cast.keys, PICKUPS).await?;
    if options.backlog() > 0 {
        println!("  {} tasks waiting …", options.backlog());
        let newcomer = stack.user("newcomer").await;
        cast.admin.grant(&newcomer, "1000").await;
        let newcomer = self::turns(&[newcomer]).await;
        let backlog = backlog::measure(stack, &turns, &newcomer, options.backlog()).await?;
        report.backlog = Some(backlog);
    }
    if options.owners() > 0 {
        println!("  {} owners with own tasks …", options.owners());
        let turns = self::turns(&cast.consumers).await;
        let owners = owners::measure(stack, &turns, options.clients, length, options.owners());
        report.owners = Some(Box::pin(owners).await?);
    }
    if options.half_open() > 0 {
        println!("  {} half-open connections …", options.half_open());
        let turns = self::turns(&cast.consumers).await;
        let measured = half_open::measure(stack, &turns, options.half_open(), length);
        report.half_open = Some(Box::pin(measured).await?);
    }
    if options.slow_seconds() > 0 {
        report.slow = Some(slow(stack, cast, options).await?);
    }
    Ok(())
}

/// The provider takes 2 s ± 1 s, and each client keeps 32 tasks open.
async fn slow(stack: &Stack, cast: &Cast, options: &Options) -> Result<Slow> {
    let open = options.clients * OPEN_PER_CLIENT;
    println!("  2 s ± 1 s at the provider, {open} tasks open …");
    set_latency(cast, 2_000, 1_000).await;
    let turns = turns(&cast.consumers).await;
    let length = Duration::from_secs(options.slow_seconds());
    let Outcome { lifecycles, submits, took } =
        load::run(&stack.api_url, &turns, open, length).await?;
    set_latency(cast, 0, 0).await;
    let per_second = lifecycles.len() as f64 / took.as_secs_f64();
    Ok(Slow { open, per_second, submit_ms: submits })
}

async fn set_latency(cast: &Cast, latency_ms: u32, jitter_ms: u32) {
    let settings = json!({"latency_ms": latency_ms, "latency_jitter_ms": jitter_ms});
    stream::iter(&cast.keys).for_each_concurrent(8, |key| key.set(settings.clone())).await;
}

/// Fresh tokens: they live a quarter of an hour.
async fn turns(consumers: &[User]) -> Turns {
    let signing_in = stream::iter(consumers).map(|it| async { it.signed_in_again().await.token() });
    Turns::new(signing_in.buffer_unordered(8).collect().await)
}

/// As pgbench does with its tables: plans made while a table was empty would scan it until autovacuum
/// has seen it, a minute later.
async fn analyze(stack: &Stack) -> Result<()> {
    sqlx::raw_sql("VACUUM ANALYZE").execute(&stack.pool).await.context("statistics")?;
    Ok(())
}

/// So that neither side pays for what the other wrote.
async fn checkpoint(stack: &Stack) -> Result<()> {
    sqlx::raw_sql("CHECKPOINT").execute(&stack.pool).await.context("a checkpoint")?;
    Ok(())
}

/// Readings before and after a load.
struct Snapshot {
    usage: Usage,
    claims: Histogram,
    settles: Histogram,
}

impl Snapshot {
    async fn read(stack: &Stack) -> Result<Self> {
        let (mut claims, mut settles) = (Histogram::default(), Histogram::default());
        for worker in stack.names_of("worker") {
            let metrics = stack.metrics(&worker).await;
            claims.add(&metrics, "aetherflow_claim_batch_size");
            settles.add(&metrics, "aetherflow_settle_batch_size");
        }
        Ok(Self { usage: Usage::read(stack).await?, claims, settles })
    }
}
