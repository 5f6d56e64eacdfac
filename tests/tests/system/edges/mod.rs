//! Edges of the contract, held as bytes over sockets: a table of what strangers and odd clients send, each row a sentence,
//! against one deployment. Some need a history instead of one request: they are `acts`.
//!
//! Not here, as no client of the API sees them: making admins (`ctl/tests/it/create_admin.rs`), what database roles may
//! (`shared/tests/identity/privileges.rs`), each limit of a connection (`api/tests/connections.rs`; the bench
//! `--half-open` measures what thousands cost), what compose passes (`compose`), broken entries in Redis (tests of the
//! worker), what generators and browsers make of the document (their own tests).

mod acts;
mod bodies;
mod heads;
mod images;
mod lists;
mod numbers;
mod passwords;
mod row;
mod slow;
mod texts;
mod wire;
mod world;

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::stream::{self, StreamExt as _};
use nix::sys::signal::Signal;
use tests::stack::{Leftover, Stack};

use row::Row;
use world::World;

/// Requests at the same time: each password that is judged takes 30 ms of a core.
const AT_ONCE: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_edge_of_the_table_is_answered_as_it_says() {
    let world = World::build().await;
    let rows = [
        heads::rows(&world),
        bodies::rows(&world),
        numbers::rows(&world),
        texts::rows(&world),
        passwords::rows(&world),
        images::rows(&world),
        lists::rows(&world),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<Row>>();
    let mut faults = stream::iter(&rows)
        .map(|row| judged(&world, row))
        .buffer_unordered(AT_ONCE)
        .filter_map(async |it| it)
        .collect::<Vec<String>>()
        .await;
    println!("{} rows", rows.len());
    faults.extend(acts::faults(&world).await);
    faults.sort();

    assert!(faults.is_empty(), "{} edges do not hold:\n{}", faults.len(), faults.join("\n"));
    world.stack.finish_leaving(Leftover::Tasks).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_is_not_delayed_by_who_says_little() {
    let stack = Stack::builder().workers(0).schedulers(0).start().await;
    let open = slow::open_many(&stack.api_url).await;
    // Answered behind all of them: each has been accepted by now.
    stack.anonymous().get("/health/live").await.expect(200);
    let began = Instant::now();

    stack.signal("api-1", Signal::SIGTERM);
    let status = stack.ends_within("api-1", Duration::from_secs(20)).await;

    assert!(status.success(), "{status}");
    let took = began.elapsed();
    // Heads and bodies would be waited for longer: 10 s and 30 s.
    assert!(took < Duration::from_secs(8), "{} sockets delay the end to {took:?}", open.len());
    stack.finish().await;
}

async fn judged(world: &World, row: &Row) -> Option<String> {
    let judging = async {
        let answer = wire::exchange(&world.stack.api_url, "127.0.0.1", &row.request()).await;
        row.faults(answer.as_ref())
    };
    // What is no HTTP at all fails its row, not the table.
    let faults = AssertUnwindSafe(judging).catch_unwind().await;
    let faults = faults.unwrap_or_else(|_| vec!["the answer cannot be read".to_owned()]);
    (!faults.is_empty()).then(|| format!("- {}: {}", row.name, faults.join("; ")))
}
