//! What an id names. Every kind of id is found by an index of its own, so a search costs a handful of reads.

use sqlx::PgConnection;
use uuid::Uuid;

crate::vocabulary! {
    /// What was found.
    pub enum LookupKind {
        /// A user.
        User = "user",
        /// A task; a job has the id of its task.
        Task = "task",
        /// An attempt of a task.
        Attempt = "attempt",
        /// A hosted key.
        Resource = "resource",
        /// Credits that came into a wallet together.
        Grant = "grant",
        /// Credits set aside by a service.
        Hold = "hold",
        /// A journal entry.
        Transaction = "transaction",
        /// A worker process.
        Worker = "worker",
        /// A model.
        Model = "model",
        /// An image service.
        Provider = "provider",
    }
}

/// Something that an id names.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Hit {
    pub kind: LookupKind,
    /// Its own id.
    pub id: String,
    /// What it belongs to, by which it is shown: a task, a user; else its own id.
    pub shown_by: String,
    /// A few words to tell it from others; never of a prompt.
    pub label: String,
}

/// What this text names: an id, the number of a journal entry, a whole e-mail address, a model or a provider.
pub async fn lookup(conn: &mut PgConnection, text: &str) -> sqlx::Result<Vec<Hit>> {
    let text = text.trim();
    if let Ok(id) = Uuid::try_parse(text) {
        return by_id(conn, id).await;
    }
    if let Ok(line) = text.parse::<i64>() {
        return by_line(conn, line).await;
    }
    sqlx::query_as(
        "SELECT 'user' AS kind, u.id::text AS id, u.id::text AS shown_by, u.email AS label
           FROM identity.users u WHERE u.email = lower($1)
         UNION ALL
         SELECT 'model', m.id, m.id, m.display_name FROM pool.model m WHERE m.id = $1 AND m.deleted_at IS NULL
         UNION ALL
         SELECT 'provider', p.name, p.name, p.display_name FROM pool.provider p WHERE p.name = $1",
    )
    .bind(text)
    .fetch_all(conn)
    .await
}

async fn by_id(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Vec<Hit>> {
    sqlx::query_as(
        "SELECT 'user' AS kind, u.id::text AS id, u.id::text AS shown_by, u.email AS label
           FROM identity.users u WHERE u.id = $1
         UNION ALL
         SELECT 'task', t.id::text, t.id::text, t.status FROM generation.task t WHERE t.id = $1
         UNION ALL
         SELECT 'attempt', a.id::text, a.task_id::text, a.model || ', ' || a.state
           FROM generation.attempt a WHERE a.id = $1
         UNION ALL
         SELECT 'resource', r.id::text, r.id::text, r.provider || ', ' || r.status FROM pool.resource r WHERE r.id = $1
         UNION ALL
         SELECT 'grant', g.id::text, w.user_id::text, g.source || ', ' || trim_scale(g.amount) || ' credits'
           FROM ledger.credit_grant g JOIN ledger.wallet w ON w.account = g.wallet WHERE g.id = $1
         UNION ALL
         SELECT 'hold', h.id::text, w.user_id::text, h.state || ', ' || trim_scale(h.amount) || ' credits'
           FROM ledger.hold h JOIN ledger.wallet w ON w.account = h.wallet WHERE h.id = $1 AND h.ref_kind = 'service'
         UNION ALL
         SELECT 'worker', b.id::text, b.id::text, b.host || ', pid ' || b.pid FROM generation.boot b WHERE b.id = $1",
    )
    .bind(id)
    .fetch_all(conn)
    .await
}

/// The entries of one task or grant are shown together.
async fn by_line(conn: &mut PgConnection, line: i64) -> sqlx::Result<Vec<Hit>> {
    sqlx::query_as(
        "SELECT 'transaction' AS kind, j.line::text AS id, j.ref::text AS shown_by,
                j.kind || ', ' || trim_scale(j.gross) || ' credits' AS label
           FROM ledger.journal j WHERE j.line = $1",
    )
    .bind(line)
    .fetch_all(conn)
    .await
}
