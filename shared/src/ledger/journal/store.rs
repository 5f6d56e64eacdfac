//! Reads of `ledger.journal`.

use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::{Entry, EntryFilter};

/// The accounts of a user: their wallet, what their keys earn, a service's.
pub(super) async fn list_accounts(
    conn: &mut PgConnection,
    user: uuid::Uuid,
) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar("SELECT id FROM ledger.account WHERE user_id = $1 ORDER BY id")
        .bind(user)
        .fetch_all(conn)
        .await
}

/// Entries with one of `accounts` on a side, or all of them. Only the conditions that are given are written
/// down, so each combination has its own plan; those of an account come from the account indexes.
pub(super) async fn list(
    conn: &mut PgConnection,
    accounts: Option<&[i64]>,
    filter: EntryFilter,
    below: Option<i64>,
    rows_max: i64,
) -> sqlx::Result<Vec<Entry>> {
    let mut sql = QueryBuilder::new("WITH page AS MATERIALIZED (");
    if let Some(accounts) = accounts {
        sql.push("SELECT * FROM (SELECT j.* FROM ledger.journal j WHERE false");
        for (account, side) in accounts.iter().flat_map(|it| [(*it, "debit"), (*it, "credit")]) {
            // Without ALL: of a charge for an image on an own key, both sides are the user's.
            sql.push(" UNION (SELECT j.* FROM ledger.journal j WHERE j.");
            sql.push(side).push(" = ").push_bind(account);
            push_filter(&mut sql, filter, below);
            sql.push(" ORDER BY j.line DESC LIMIT ").push_bind(rows_max).push(")");
        }
        sql.push(") sides");
    } else {
        sql.push("SELECT j.* FROM ledger.journal j WHERE true");
        push_filter(&mut sql, filter, below);
    }
    sql.push(" ORDER BY line DESC LIMIT ").push_bind(rows_max);
    sql.push(
        "), directed AS (
          SELECT p.*, CASE p.dir WHEN 1 THEN p.debit ELSE p.credit END AS giver,
                 CASE p.dir WHEN 1 THEN p.credit ELSE p.debit END AS taker
            FROM page p)
         SELECT m.line, m.kind, m.ref AS reference, m.attempt AS attempt_id,
                m.giver AS from_account, g.kind AS from_kind, g.user_id AS from_user,
                m.taker AS to_account, t.kind AS to_kind, t.user_id AS to_user,
                m.gross, m.net, m.fee, m.paid, m.created_at
           FROM directed m JOIN ledger.account g ON g.id = m.giver JOIN ledger.account t ON t.id = m.taker
          ORDER BY m.line DESC",
    );
    sql.build_query_as().fetch_all(conn).await
}

fn push_filter(sql: &mut QueryBuilder<Postgres>, filter: EntryFilter, below: Option<i64>) {
    if let Some(line) = below {
        sql.push(" AND j.line < ").push_bind(line);
    }
    if let Some(kind) = filter.kind {
        sql.push(" AND j.kind = ").push_bind(kind);
    }
    if let Some(reference) = filter.reference {
        sql.push(" AND j.ref = ").push_bind(reference);
    }
    if let Some(from) = filter.from {
        sql.push(" AND j.created_at >= ").push_bind(from);
    }
    if let Some(to) = filter.to {
        sql.push(" AND j.created_at < ").push_bind(to);
    }
}
