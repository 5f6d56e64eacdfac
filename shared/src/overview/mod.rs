//! The exchange in numbers: what happened in a span of time, and how it stands.

pub mod lookup;
pub mod pulse;
mod store;

use sqlx::PgConnection;

use crate::ledger::{Credits, statistics::Span};

/// Users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct UserCounts {
    /// Everyone there is.
    pub total: i64,
    pub suspended: i64,
    /// Registered in the span.
    pub registered: i64,
    /// Submitted a task in the span.
    pub active: i64,
}

/// Tasks submitted in the span, by what became of them so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TaskCounts {
    pub submitted: i64,
    pub pending: i64,
    pub processing: i64,
    pub completed: i64,
    pub failed: i64,
    pub canceled: i64,
    pub refunded: i64,
}

/// Hosted keys that are not deleted, now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ResourceCounts {
    pub active: i64,
    pub paused: i64,
    pub disabled: i64,
    pub error: i64,
}

/// Credits moved in the span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct CreditSums {
    /// Issued into wallets from outside, by source.
    pub purchased: Credits,
    pub subscribed: Credits,
    pub added: Credits,
    pub promoted: Credits,
    /// Charged to consumers.
    pub spent: Credits,
    /// Given back to consumers.
    pub refunded: Credits,
    pub expired: Credits,
    pub revoked: Credits,
    /// Owners' part of charges, and what the platform paid them; less what refunds took back.
    pub earned: Credits,
    /// The platform's part of charges, less what refunds took back.
    pub commission: Credits,
    /// Paid by the platform for surplus images, withheld output and parked settlements.
    pub absorbed: Credits,
    /// Due for those and not paid, before commission.
    pub unpaid: Credits,
}

/// Credits in wallets, now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Outstanding {
    pub available: Credits,
    pub held: Credits,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    pub span: Span,
    pub users: UserCounts,
    pub tasks: TaskCounts,
    pub resources: ResourceCounts,
    /// Models that their providers do not know any more, by id.
    pub models_gone: Vec<String>,
    pub credits: CreditSums,
    pub outstanding: Outstanding,
}

/// Reads the numbers. Each group is of its own snapshot: this is for people, the audit is for proof.
pub async fn read_overview(conn: &mut PgConnection, span: Span) -> sqlx::Result<Overview> {
    Ok(Overview {
        span,
        users: store::count_users(conn, span).await?,
        tasks: store::count_tasks(conn, span).await?,
        resources: store::count_resources(conn).await?,
        models_gone: store::list_models_gone(conn).await?,
        credits: store::sum_credits(conn, span).await?,
        outstanding: store::sum_outstanding(conn).await?,
    })
}
