//! Redis is emptied, frozen and restarted; PostgreSQL is restarted, politely and not.

use nix::sys::signal::Signal;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;

use super::Storm;
use crate::books;

const ACTIONS: [&str; 7] = [
    "FLUSHALL",
    "FLUSHALL",
    "PostgreSQL immediate restart",
    "PostgreSQL fast restart",
    "freeze Redis",
    "restart Redis",
    "FLUSHALL",
];

/// Every action comes once in a round.
pub(super) async fn trouble(storm: &Storm) {
    let mut random = storm.random(3);
    let mut round: Vec<&str> = Vec::new();
    loop {
        storm.pace(&mut random, 2_500..6_000).await;
        if storm.is_over() {
            return;
        }
        if round.is_empty() {
            round = ACTIONS.to_vec();
            round.shuffle(&mut random);
        }
        let action = round.pop().expect("a round is not empty");
        storm.note(|it| it.trouble(action));
        act(storm, &mut random, action).await;
    }
}

async fn act(storm: &Storm, random: &mut StdRng, action: &str) {
    let stack = storm.stack();
    match action {
        "FLUSHALL" => {
            if let Some(mut conn) = books::redis_connection(stack).await {
                let emptied: redis::RedisResult<()> =
                    redis::cmd("FLUSHALL").query_async(&mut conn).await;
                if let Err(error) = emptied {
                    storm.violation(format!("Redis cannot be emptied: {error}"));
                }
            }
        }
        "freeze Redis" => {
            let mut redis = stack.redis().await;
            redis.process().signal(Signal::SIGSTOP);
            storm.pace(random, 500..4_000).await;
            redis.process().signal(Signal::SIGCONT);
        }
        "restart Redis" => {
            let mut redis = stack.redis().await;
            redis.stop().await;
            storm.pace(random, 0..3_000).await;
            redis.resume().await;
        }
        "PostgreSQL fast restart" => {
            let mut postgres = stack.postgres().await;
            postgres.stop_fast().await;
            storm.pace(random, 0..2_500).await;
            postgres.resume().await;
        }
        _ => {
            let mut postgres = stack.postgres().await;
            postgres.stop().await;
            storm.pace(random, 0..2_500).await;
            postgres.resume().await;
        }
    }
}
