//! The ids of lanes, remembered: a submit asks the database only for a lane it is the first in.

use std::collections::HashMap;

use parking_lot::Mutex;
use shared::generation::lane::{LaneKey, lane_id};
use sqlx::PgPool;

/// More are forgotten all at once: they are known to the database.
const KNOWN_MAX: usize = 20_000;

/// The lanes this process has submitted to.
pub struct LaneBook {
    db: PgPool,
    ids: Mutex<HashMap<LaneKey, i32>>,
}

impl LaneBook {
    /// With none yet.
    pub fn new(db: PgPool) -> Self {
        Self { db, ids: Mutex::default() }
    }

    /// The lane's id. The lane is made if need be.
    pub async fn id(&self, key: LaneKey) -> sqlx::Result<i32> {
        if let Some(id) = self.ids.lock().get(&key) {
            return Ok(*id);
        }
        let id = lane_id(&self.db, &key).await?;
        let mut ids = self.ids.lock();
        if ids.len() >= KNOWN_MAX {
            ids.clear();
        }
        ids.insert(key, id);
        Ok(id)
    }
}
