//! Every money event of the exchange.

use crate::extract::Word;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Query, types::Example};
use rust_decimal::Decimal;
use shared::ledger::journal::EntryKind;
use shared::ledger::journal::{self, Entry, EntryFilter, EntryPosition};
use uuid::{Uuid, uuid};

use crate::{
    auth::Admin,
    extract::{Amount, Id},
    problem::Fail,
    response::{Cursor, Limit, Page, Reply, Timestamp},
    routes::{
        Tag,
        wallet::{Between, example_instant},
    },
    state::App,
};

/// The journal.
pub struct AdminTransactions;

/// One row of the journal, told as a movement of credits.
#[derive(Debug, Object)]
#[oai(rename = "Movement", example, skip_serializing_if_is_none)]
struct MovementView {
    /// Opaque; ascending in time.
    id: String,
    /// What happened.
    kind: Word<EntryKind>,
    /// What it is about: a task, a grant, or a service's hold.
    reference: Id,
    /// The attempt that was paid.
    attempt_id: Option<Id>,
    /// Where the credits were.
    from: AccountView,
    /// Where they are.
    to: AccountView,
    /// What the consumer's side moved: `net + fee`.
    gross: Amount,
    /// What the other side moved.
    net: Amount,
    /// The platform's part.
    fee: Amount,
    /// How much of `gross` somebody had paid for.
    paid: Amount,
    /// When.
    created_at: Timestamp,
}

/// One side of a movement.
#[derive(Debug, Object)]
#[oai(rename = "LedgerAccount", skip_serializing_if_is_none)]
struct AccountView {
    /// Opaque.
    id: String,
    /// `wallet`, `owner`, `service`, `platform`, `breakage` or `issuance`.
    kind: String,
    /// Whose.
    user_id: Option<Id>,
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminTransactions {
    /// Every row of the journal, newest first.
    #[expect(clippy::too_many_arguments, reason = "one per query parameter")]
    #[oai(path = "/transactions", method = "get", operation_id = "admin_list_transactions")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        /// With his wallet or his owner account on one side.
        user_id: Query<Option<Id>>,
        /// Only these.
        kind: Query<Option<Word<EntryKind>>>,
        /// About this task, grant or hold.
        reference: Query<Option<Id>>,
        /// At or after.
        from: Query<Option<Timestamp>>,
        /// Before.
        to: Query<Option<Timestamp>>,
        #[oai(default)] limit: Query<Limit>,
        cursor: Query<Option<Cursor>>,
    ) -> Result<Reply<Page<MovementView>>, Fail> {
        let Between { from, to } = Between::new(from.0, to.0)?;
        let filter = EntryFilter {
            user_id: user_id.0.map(|it| it.0),
            kind: kind.0.map(Word::value),
            reference: reference.0.map(|it| it.0),
            from,
            to,
        };
        let before: Option<EntryPosition> = Cursor::position(cursor.0)?;
        let mut conn = app.db.acquire().await?;
        let rows = journal::list_entries(&mut conn, filter, before, limit.0.rows()).await?;
        Ok(Reply::new(&Page::of(rows, limit.0, Entry::position, Into::into)))
    }
}

impl From<Entry> for MovementView {
    fn from(row: Entry) -> Self {
        Self {
            id: row.line.to_string(),
            kind: row.kind.into(),
            reference: row.reference.into(),
            attempt_id: row.attempt_id.map(Into::into),
            from: AccountView::new(row.from_account, row.from_kind.to_string(), row.from_user),
            to: AccountView::new(row.to_account, row.to_kind.to_string(), row.to_user),
            gross: row.gross.into(),
            net: row.net.into(),
            fee: row.fee.into(),
            paid: row.paid.into(),
            created_at: row.created_at.into(),
        }
    }
}

impl AccountView {
    fn new(account: i64, kind: String, user: Option<Uuid>) -> Self {
        Self { id: account.to_string(), kind, user_id: user.map(Into::into) }
    }
}

impl Example for MovementView {
    fn example() -> Self {
        let consumer = uuid!("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e");
        let owner = uuid!("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d41");
        Self {
            id: "4711".to_owned(),
            kind: Word(EntryKind::Settle),
            reference: Id(uuid!("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3f")),
            attempt_id: Some(Id(uuid!("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d42"))),
            from: AccountView::new(1000, "wallet".to_owned(), Some(consumer)),
            to: AccountView::new(1001, "owner".to_owned(), Some(owner)),
            gross: Amount(Decimal::new(45, 1)),
            net: Amount(Decimal::new(405, 2)),
            fee: Amount(Decimal::new(45, 2)),
            paid: Amount(Decimal::ZERO),
            created_at: example_instant(0),
        }
    }
}
