use std::fmt;

use serde::{Deserialize, Serialize};
use sqlx::{Decode, Postgres, Type, error::BoxDynError, postgres::PgValueRef};

/// What makes an image repeatable: a number of 32 bits, as every provider takes it. `bigint` in the
/// tables, because PostgreSQL has no unsigned numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u32);

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Type<Postgres> for Seed {
    fn type_info() -> <Postgres as sqlx::Database>::TypeInfo {
        <i64 as Type<Postgres>>::type_info()
    }
}

impl Decode<'_, Postgres> for Seed {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(Self(<i64 as Decode<Postgres>>::decode(value)?.try_into()?))
    }
}
