//! A queue of waiting tasks, and a worker that looks at it.

use std::collections::BTreeMap;

use devkit::database::Database;
use shared::generation::claim::{DueTask, Look, LookedAt, Room, lock_due};
use sqlx::{PgPool, Postgres, Transaction};
use uuid::Uuid;

pub struct Queue {
    pub database: Database,
    worker: PgPool,
    superuser: PgPool,
}

/// What a look found, still locked.
pub struct Claim<'a> {
    pub tx: Transaction<'a, Postgres>,
    pub due: Vec<DueTask>,
    pub looked_at: LookedAt,
}

/// So many calls, of which the cheapest costs this much.
pub fn any_room(calls: u32, cost: &str) -> Room {
    let cost = Some(cost.parse().unwrap());
    Room { calls, cost_free: cost, cost_serving: cost, key_group: Some(1), ..Room::default() }
}

impl Queue {
    /// Its first key group is `stability`.
    pub async fn open() -> Self {
        let database = Database::create().await;
        let worker = database.pool_as(shared::db::Role::Worker).await;
        let superuser = PgPool::connect_with(database.options()).await.unwrap();
        Self { database, worker, superuser }
    }

    pub async fn market_lane(&self, model: &str) -> i32 {
        self.lane(model, "market", None, "stability").await
    }

    /// Of another owner each time.
    pub async fn owner_lane(&self, model: &str, route: &str) -> i32 {
        self.lane(model, route, Some(Uuid::now_v7()), "stability").await
    }

    pub async fn lane(&self, model: &str, route: &str, owner: Option<Uuid>, group: &str) -> i32 {
        let group = Some(group).filter(|_| route != "own");
        sqlx::query_scalar("SELECT generation.lane_id(ARRAY[$1], $2, $3, 42, $4)")
            .bind(model)
            .bind(route)
            .bind(owner)
            .bind(group)
            .fetch_one(&self.superuser)
            .await
            .unwrap()
    }

    /// So many tasks, each a tag after the one before it, which begins where that ends.
    pub async fn wait(&self, lane: i32, from: u32, count: u32, held: &str) {
        let tags: Vec<_> = (from..from + count).map(f64::from).collect();
        self.wait_with_tags(lane, &tags, held).await;
    }

    /// A task with each of these tags, which begins one before it.
    pub async fn wait_with_tags(&self, lane: i32, tags: &[f64], held: &str) {
        sqlx::query(
            "INSERT INTO generation.task (id, user_id, wallet, request_hash, requested_model, prompt, aspect_ratio,
                    output_format, credits_held, lane, start_tag, tag, next_at, deadline, created_at)
             SELECT gen_random_uuid(), gen_random_uuid(), 1, '', 'stability/core', 'p', '1:1', 'png', $3::numeric, $1,
                    tag - 1, tag, aether.now(), aether.now() + interval '1 hour', aether.now()
               FROM unnest($2::double precision[]) AS tag",
        )
        .bind(lane)
        .bind(tags)
        .bind(held)
        .execute(&self.superuser)
        .await
        .unwrap();
    }

    pub async fn claim(&self, limit: i32, rooms: &BTreeMap<i32, Room>) -> Claim<'static> {
        self.claim_from(limit, limit / 2, rooms, i32::MIN).await
    }

    pub async fn claim_from(
        &self,
        limit: i32,
        own_limit: i32,
        rooms: &BTreeMap<i32, Room>,
        owner_from: i32,
    ) -> Claim<'static> {
        let look = Look {
            limit,
            own_limit,
            rooms,
            skip: &[],
            own_skip: &[],
            market_from: 0,
            owner_from,
            lowest: None,
        };
        self.look(&look).await
    }

    pub async fn look(&self, look: &Look<'_>) -> Claim<'static> {
        let mut tx = self.worker.begin().await.unwrap();
        let (due, looked_at) = lock_due(&mut tx, look).await.unwrap();
        Claim { tx, due, looked_at }
    }

    /// How many tasks are locked now.
    pub async fn locked(&self) -> i64 {
        sqlx::query_scalar(
            "SELECT (SELECT count(*) FROM generation.task) - count(*)
               FROM (SELECT FROM generation.task FOR NO KEY UPDATE SKIP LOCKED) free",
        )
        .fetch_one(&self.superuser)
        .await
        .unwrap()
    }

    /// The virtual time of a key group.
    pub async fn vtime(&self, group: &str) -> f64 {
        sqlx::query_scalar("SELECT vtime FROM generation.key_group WHERE name = $1")
            .bind(group)
            .fetch_one(&self.superuser)
            .await
            .unwrap()
    }

    pub async fn close(self) {
        self.worker.close().await;
        self.superuser.close().await;
        self.database.drop().await;
    }
}

impl Claim<'_> {
    /// The tags of what was taken, in its order.
    pub async fn tags(&self, queue: &Queue) -> Vec<f64> {
        let ids: Vec<_> = self.due.iter().map(|it| it.id).collect();
        sqlx::query_scalar(
            "SELECT t.tag FROM unnest($1::uuid[]) WITH ORDINALITY AS d (id, n) JOIN generation.task t ON t.id = d.id
              ORDER BY d.n",
        )
        .bind(ids)
        .fetch_all(&queue.superuser)
        .await
        .unwrap()
    }

    pub async fn commit(self) {
        self.tx.commit().await.unwrap();
    }

    pub async fn drop(self) {
        self.tx.rollback().await.unwrap();
    }
}
