//! The ways a row can be wrong, each with the checks that must name it and no other.

pub struct Corruption {
    pub what: &'static str,
    pub sql: &'static str,
    pub named: &'static [&'static str],
}

const fn corruption(
    what: &'static str,
    sql: &'static str,
    named: &'static [&'static str],
) -> Corruption {
    Corruption { what, sql, named }
}

pub const CORRUPTIONS: &[Corruption] = &[
    corruption(
        "a journal row that does not balance",
        "ALTER TABLE ledger.journal DROP CONSTRAINT journal_balanced;
         UPDATE ledger.journal SET net = net - 0.5 WHERE kind = 'expire_returned'",
        &["journal_balanced", "journal_sum_zero", "rolled_balances"],
    ),
    corruption(
        "a journal row to an account nobody opened",
        "UPDATE ledger.journal SET credit = 999999 WHERE ref = u('19') AND kind = 'settle'",
        &["journal_accounts_exist", "rolled_balances"],
    ),
    corruption(
        "an expiry that went to the platform",
        "UPDATE ledger.journal SET credit = 1 WHERE ref = u('f4') AND kind = 'expire'",
        &["journal_sides", "rolled_balances"],
    ),
    corruption(
        "a wallet with a credit more",
        "UPDATE ledger.wallet SET available = available + 1 WHERE user_id = u('c1')",
        &["wallet_entries", "wallet_grants"],
    ),
    corruption(
        "a wallet that is gone",
        "DELETE FROM ledger.wallet WHERE user_id = u('c1')",
        &["wallet_entries", "wallet_grants", "rolled_balances"],
    ),
    corruption(
        "a journal row that is gone",
        "DELETE FROM ledger.journal WHERE ref = u('12') AND kind = 'settle'",
        &["wallet_entries", "hold_settle_entries", "owner_earnings", "rolled_balances"],
    ),
    corruption(
        "an issue that is gone",
        "DELETE FROM ledger.journal WHERE ref = u('f3') AND kind = 'issue'",
        &["wallet_entries", "grant_issued", "rolled_balances"],
    ),
    corruption(
        "a grant issued with another amount than its line",
        "UPDATE ledger.credit_grant SET amount = amount + 1, remaining = remaining + 1 WHERE id = u('f3');
         UPDATE ledger.wallet SET available = available + 1 WHERE user_id = u('c1');
         UPDATE ledger.journal SET gross = gross + 1, net = net + 1 WHERE ref = u('f3') AND kind = 'issue';
         UPDATE ledger.balance SET balance = balance - 1 WHERE account = 13;
         UPDATE ledger.journal SET paid = 1 WHERE ref = u('f3')",
        &["grant_issued"],
    ),
    corruption(
        "a negative wallet",
        "ALTER TABLE ledger.wallet DROP CONSTRAINT wallet_available;
         UPDATE ledger.wallet SET available = -1 WHERE user_id = u('c1')",
        &["no_negatives", "wallet_entries", "wallet_grants"],
    ),
    corruption(
        "a wallet that looks for expiry too late",
        "UPDATE ledger.credit_grant SET expires_at = '2020-01-01' WHERE id = u('f3')",
        &["wallet_next_expiry"],
    ),
    corruption(
        "a grant that lost a credit to nowhere",
        "UPDATE ledger.credit_grant SET amount = amount + 1 WHERE id = u('f6')",
        &["grant_whole", "refund_grants"],
    ),
    corruption(
        "a grant whose credits are said to have expired twice",
        "UPDATE ledger.credit_grant SET expired = expired + 1, amount = amount + 1 WHERE id = u('f4')",
        &["grant_issued", "grant_expired"],
    ),
    corruption(
        "a revocation without its line",
        "UPDATE ledger.credit_grant SET revoked = revoked - 1, expired = expired + 1 WHERE id = u('f1')",
        &["grant_expired", "grant_revoked"],
    ),
    corruption(
        "an open hold with a slice too small",
        "ALTER TABLE ledger.hold DROP CONSTRAINT hold_slices, DROP CONSTRAINT hold_paid_within;
         UPDATE ledger.hold SET grant_amounts[1] = grant_amounts[1] - 0.5 WHERE id = u('15')",
        &["grant_whole", "hold_slices", "hold_grants"],
    ),
    corruption(
        "a hold that names another wallet's grant",
        "UPDATE ledger.hold SET grant_ids[1] = u('f5') WHERE id = u('1b')",
        &["grant_whole", "hold_grants"],
    ),
    corruption(
        "a hold that says free credits were paid for",
        "UPDATE ledger.hold SET paid = 1 WHERE id = u('1b')",
        &["hold_grants", "hold_settle_entries"],
    ),
    corruption(
        "a second settle entry",
        "INSERT INTO ledger.journal (ref, kind, seq, debit, credit, gross, net, attempt, created_at, xid)
         SELECT ref, kind, 1, debit, credit, 1, 1, attempt, created_at, xid
           FROM ledger.journal WHERE ref = u('12') AND kind = 'settle'",
        &["wallet_entries", "hold_settle_entries", "settle_attempts", "owner_earnings", "rolled_balances"],
    ),
    corruption(
        "a settle line without its hold",
        "DELETE FROM ledger.hold WHERE id = u('19')",
        &["grant_whole", "hold_settle_entries"],
    ),
    corruption(
        "a hold that forgot its refund",
        "UPDATE ledger.hold SET refunded = 0, refunded_fee = 0, refunded_paid = 0 WHERE id = u('11')",
        &["hold_refund_entries", "refund_grants"],
    ),
    corruption(
        "a refund whose fee is not the hold's",
        "UPDATE ledger.hold SET refunded_fee = refunded_fee + 0.01 WHERE id = u('11')",
        &["hold_refund_entries"],
    ),
    corruption(
        "a refund whose grant was not paid for any more",
        "UPDATE ledger.credit_grant SET paid = NOT paid WHERE source = 'refund'",
        &["refund_grants"],
    ),
    corruption(
        "a watermark from another cluster's future",
        "UPDATE ledger.rollup SET upto = upto + 1000000000",
        &["rollup_watermark"],
    ),
    corruption(
        "a watermark set back, so that rows would be folded twice",
        "UPDATE ledger.rollup SET upto = 0",
        &["rolled_balances"],
    ),
    corruption(
        "a journal row of a transaction that has not begun",
        "UPDATE ledger.rollup SET upto = 0;
         DELETE FROM ledger.balance;
         UPDATE ledger.journal SET xid = xid + 1000000000",
        &["rollup_watermark"],
    ),
    corruption(
        "a balance with a credit more",
        "UPDATE ledger.balance SET balance = balance + 1 WHERE account = 2",
        &["rolled_balances"],
    ),
    corruption(
        "a failed task whose hold is open",
        "UPDATE generation.task SET status = 'failed', completed_at = now(), error_code = 'providers_failed',
                settle_failed_at = NULL, parked_attempt = NULL
          WHERE id = u('17')",
        &["task_holds"],
    ),
    corruption(
        "a task that waits although it was charged",
        "UPDATE generation.task SET status = 'pending', completed_at = NULL, image_attempt = NULL WHERE id = u('11')",
        &["task_holds", "delivered_attempts"],
    ),
    corruption(
        "a completed task at another price",
        "UPDATE generation.task SET credits_cost = credits_cost - 1 WHERE id = u('11')",
        &["task_images"],
    ),
    corruption(
        "a completed task that shows another attempt's image",
        "UPDATE generation.task SET image_attempt = u('22') WHERE id = u('12')",
        &["task_images", "delivered_attempts"],
    ),
    corruption(
        "a task that forgot an attempt",
        "UPDATE generation.task SET attempts_started = 1 WHERE id = u('12')",
        &["task_attempts"],
    ),
    corruption(
        "a second delivered attempt",
        "UPDATE generation.attempt SET state = 'delivered' WHERE id = u('22')",
        &["delivered_attempts", "compensations", "owner_earnings"],
    ),
    corruption(
        "an attempt that calls for a task that waits",
        "UPDATE generation.attempt SET state = 'calling', ended_at = NULL, occupies = true WHERE id = u('26')",
        &["calling_attempts"],
    ),
    corruption(
        "a task in processing that nobody works on",
        "UPDATE generation.attempt SET state = 'unknown', ended_at = now() WHERE id = u('25')",
        &["calling_attempts"],
    ),
    corruption(
        "a charge paid to another owner",
        "UPDATE generation.attempt SET owner_account = 1 WHERE id = u('21')",
        &["attempt_owners", "settle_attempts", "owner_earnings"],
    ),
    corruption(
        "a charge at another rate",
        "UPDATE generation.attempt SET commission_rate = 0.2 WHERE id = u('21')",
        &["settle_attempts", "owner_earnings"],
    ),
    corruption(
        "a surplus image nobody paid for",
        "DELETE FROM ledger.journal WHERE kind = 'surplus'",
        &["surplus_entries", "owner_earnings", "rolled_balances"],
    ),
    corruption(
        "a compensation for an attempt that was not billed",
        "UPDATE generation.attempt SET billed = false WHERE id = u('23')",
        &["compensations", "owner_earnings", "month_units"],
    ),
    corruption(
        "a compensation that is gone from the journal",
        "DELETE FROM ledger.journal WHERE kind = 'compensate'",
        &["compensate_entries", "owner_earnings", "rolled_balances"],
    ),
    corruption(
        "a compensation above the reference cost",
        "UPDATE generation.attempt SET reference_cost = reference_cost / 2 WHERE id = u('23')",
        &["compensations"],
    ),
    corruption(
        "a compensation for another consumer's task",
        "UPDATE generation.compensation SET consumer_id = owner_id WHERE attempt = u('23')",
        &["compensations", "compensation_budgets"],
    ),
    corruption(
        "a compensation counted in no budget",
        "DELETE FROM generation.compensation_budget WHERE scope = 'owner'",
        &["compensation_budgets"],
    ),
    corruption(
        "more compensations than the budget",
        "ALTER TABLE generation.compensation_budget DROP CONSTRAINT compensation_budget_kept;
         UPDATE generation.compensation_budget SET budget = 0.1 WHERE scope = 'total'",
        &["compensation_budgets"],
    ),
    corruption(
        "a parked settlement that was paid and is not in the journal",
        "DELETE FROM ledger.journal WHERE kind = 'parked'",
        &["parked_entries", "owner_earnings", "rolled_balances"],
    ),
    corruption(
        "an attempt dearer than its price",
        "UPDATE generation.attempt SET price_per_unit = price_per_unit / 2 WHERE id = u('21')",
        &["attempt_costs"],
    ),
    corruption(
        "an attempt on an own key that is said to be another's",
        "UPDATE generation.attempt SET own = false, cost = price_per_unit * units WHERE id = u('28')",
        &["task_images", "attempt_owners", "settle_attempts"],
    ),
    corruption(
        "a key that is said to be busier than it is",
        "UPDATE pool.resource_state SET in_flight = in_flight + 1 WHERE resource_id = u('e1')",
        &["in_flight"],
    ),
    corruption(
        "a delivered attempt that still occupies its key",
        "UPDATE generation.attempt SET occupies = true WHERE id = u('21')",
        &["in_flight"],
    ),
    corruption(
        "a day's units that were lost",
        "UPDATE pool.resource_state SET day_units = 0 WHERE resource_id = u('e1')",
        &["day_units"],
    ),
    corruption(
        "a month's units that were counted twice",
        "UPDATE pool.resource_state SET month_units = month_units + 3 WHERE resource_id = u('e2')",
        &["month_units"],
    ),
];
