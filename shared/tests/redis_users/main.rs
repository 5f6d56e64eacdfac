//! What the user of each program may do in Redis. What it must be able to do is seen elsewhere: tests run the
//! programs as these users.
#![expect(clippy::unwrap_used, reason = "a test ends where it is surprised")]

use redis::aio::MultiplexedConnection;
use redis::{ErrorKind, ServerErrorKind};
use uuid::Uuid;

const USERS: [&str; 5] =
    ["aether_api", "aether_worker", "aether_scheduler", "aether_ctl", "aether_health"];

/// A command, and the users that may give it. `@` stands for the namespace.
const COMMANDS: &[(&[&str], &[&str])] = &[
    (&["PING"], &USERS),
    // Ringing is everybody's who makes work.
    (&["ZCARD", "@:jobs:generate-image:scheduled"], &RINGERS),
    (&["ZADD", "@:jobs:generate-image:scheduled", "1", "x"], &RINGERS),
    (&["HSETNX", "@:jobs:generate-image:data", "x", "{}"], &RINGERS),
    (&["PUBLISH", "@:wake:generate-image", "1"], &RINGERS),
    (&["PUBLISH", "@:ended", "x"], &["aether_api", "aether_worker", "aether_scheduler"]),
    // Only workers take bells out, register as workers, and clear queues.
    (&["LRANGE", "@:jobs:generate-image:active", "0", "1"], WORKER),
    (&["LTRIM", "@:jobs:generate-image:active", "1", "0"], WORKER),
    (&["HGETALL", "@:jobs:generate-image:data"], WORKER),
    (&["ZADD", "core:apalis:queues:list", "1", "x"], WORKER),
    (&["ZREM", "@:jobs:generate-image:workers", "x"], WORKER),
    (&["UNLINK", "@:jobs:generate-image:data"], WORKER),
    (&["DEL", "@:jobs:generate-image:data"], WORKER),
    // Only the api counts requests.
    (&["INCRBY", "@:rate:user:x:1", "1"], API),
    (&["EXPIRE", "@:rate:user:x:1", "9"], API),
    (&["UNLINK", "@:rate:user:x:1"], API),
    (&["INCRBY", "@:jobs:x", "1"], &[]),
    (&["SET", "@:rate:user:x:1", "1"], &[]),
    (&["GET", "@:rate:user:x:1"], &[]),
    (&["SET", "@:jobs:generate-image:data", "x"], &[]),
    (&["PUBLISH", "@:anything", "x"], &[]),
    (&["UNLINK", "elsewhere"], &[]),
    // A script is no way around: each of its commands is judged.
    (&["EVAL", "return redis.call('GET', KEYS[1])", "1", "@:rate:user:x:1"], &[]),
    // What is about Redis itself is nobody's.
    (&["FLUSHALL"], &[]),
    (&["FLUSHDB"], &[]),
    (&["KEYS", "*"], &[]),
    (&["SCAN", "0"], &[]),
    (&["CONFIG", "GET", "*"], &[]),
    (&["ACL", "LIST"], &[]),
    (&["CLIENT", "LIST"], &[]),
    (&["MONITOR"], &[]),
    (&["SCRIPT", "FLUSH"], &[]),
    (&["SHUTDOWN"], &[]),
];
const RINGERS: [&str; 4] = ["aether_api", "aether_worker", "aether_scheduler", "aether_ctl"];
const WORKER: &[&str] = &["aether_worker"];
const API: &[&str] = &["aether_api"];

async fn connect(user: &str) -> MultiplexedConnection {
    let client = redis::Client::open(devkit::environment::redis_url_as(user)).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

/// What a command comes to does not matter, only whether it is refused.
async fn may(conn: &mut MultiplexedConnection, command: &[&str], namespace: &str) -> bool {
    let mut words = command.iter().map(|it| it.replace('@', namespace));
    let mut sent = redis::cmd(&words.next().unwrap());
    for word in words {
        sent.arg(word);
    }
    let answer: redis::RedisResult<redis::Value> = sent.query_async(conn).await;
    match answer {
        Ok(_) => true,
        Err(error) => {
            let refused = error.kind() == ErrorKind::Server(ServerErrorKind::NoPerm);
            assert!(refused, "{command:?}: {error}");
            false
        }
    }
}

#[tokio::test]
async fn each_program_may_do_in_redis_what_it_does_and_nothing_else() {
    let namespace = format!("rights-{}", Uuid::now_v7().simple());
    let mut wrong = Vec::new();
    for user in USERS {
        let mut conn = connect(user).await;
        for (command, allowed) in COMMANDS {
            let may = may(&mut conn, command, &namespace).await;
            if may != allowed.contains(&user) {
                wrong.push(format!("{user} {} {command:?}", if may { "may" } else { "may not" }));
            }
        }
    }

    assert_eq!(wrong, [""; 0]);
}

#[tokio::test]
async fn a_program_hears_the_channels_it_listens_to_and_no_others() {
    let namespace = format!("rights-{}", Uuid::now_v7().simple());
    let (wake, ended) = (format!("{namespace}:wake:sync-quotas"), format!("{namespace}:ended"));
    let listeners = [
        (&wake, &["aether_api", "aether_worker", "aether_ctl"][..]),
        (&ended, &["aether_api", "aether_worker"]),
    ];
    for user in USERS {
        for (channel, allowed) in listeners {
            let client = redis::Client::open(devkit::environment::redis_url_as(user)).unwrap();
            let mut subscription = client.get_async_pubsub().await.unwrap();
            let heard = subscription.subscribe(channel).await.is_ok();
            assert_eq!(heard, allowed.contains(&user), "{user}: {channel}");
        }
    }
}
