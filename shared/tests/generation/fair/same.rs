//! The queue of the database takes what the simulated one takes.

use std::collections::{BTreeMap, HashMap};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use shared::generation::claim::Room;
use shared::generation::submit::NewTask;
use uuid::Uuid;

use super::super::exchange::Exchange;
use super::super::fairness::task;
use super::super::queue::any_room;
use super::FairQueue;

const CONSUMERS: usize = 4;

#[tokio::test]
async fn the_queue_of_the_database_takes_what_the_rules_say() {
    let seed = rand::random();
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let exchange = Exchange::open().await;
    let mut consumers = Vec::new();
    for _ in 0..CONSUMERS {
        consumers.push(exchange.consumer(&["10000"]).await);
    }
    let mut lanes = Vec::new();
    for model in ["core", "ultra", "auto"] {
        lanes.push(exchange.lane(model, "market", None, "stability").await);
    }
    let mut rules = FairQueue::default();
    let mut ids: HashMap<usize, Uuid> = HashMap::new();

    for _ in 0..120 {
        match rng.random_range(0..10) {
            0..5 => {
                let (consumer, lane) =
                    (rng.random_range(0..CONSUMERS), lanes[rng.random_range(0..3)]);
                let weight = f64::from(rng.random_range(1..5_u32)) / 2.0;
                let held = format!("{}", rng.random_range(1..4));
                let id = rules.submit(consumer, lane, weight, held.parse().unwrap());
                let (consumer, id) =
                    (&consumers[consumer], *ids.entry(id).or_insert_with(Uuid::now_v7));
                let amount = held.parse().unwrap();
                let task = task(consumer, lane, &weight.to_string());
                let task = NewTask { id, amount, amount_min: amount, ..task };
                exchange.submit(&[task]).await;
            }
            5..9 => {
                let limit = rng.random_range(1..6);
                let rooms: BTreeMap<i32, Room> = lanes
                    .iter()
                    .map(|lane| {
                        let cost = ["1", "2", "3"][rng.random_range(0..3)];
                        let calls = rng.random_range(0..5);
                        let free = any_room(calls, cost).cost_free.filter(|_| calls > 0);
                        (*lane, Room { cost_free: free, ..any_room(calls, "1") })
                    })
                    .collect();
                let expected: Vec<_> =
                    rules.claim(limit, 0, &rooms).iter().map(|it| ids[&it.task.id]).collect();
                let taken = exchange.claim(i32::try_from(limit).unwrap(), &rooms).await;
                assert_eq!(taken, expected);
            }
            _ => {
                let consumer = rng.random_range(0..CONSUMERS);
                let of_consumer = |it: &&super::Waiting| it.consumer == consumer;
                let newest =
                    rules.lanes.values().flatten().filter(of_consumer).map(|it| it.id).max();
                if let Some(newest) = newest {
                    rules.cancel(consumer, |id| id == newest);
                    exchange.cancel(ids[&newest]).await;
                }
            }
        }
        assert_eq!(exchange.vtime().await, rules.vtime);
    }
    assert!(rules.waiting() > 0 || rules.vtime > 0.0, "something happened");
    // The audit misses the attempts of what was taken.
    let waits = "UPDATE generation.task SET status = 'pending' WHERE status = 'processing'";
    exchange.database.run(waits).await;
    exchange.close().await;
}
