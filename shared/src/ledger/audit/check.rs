//! The list of checks.

/// One invariant: a statement that counts what violates it.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Its name on the wire, in metrics and in `ops.audit_result`; also its file's name.
    pub name: &'static str,
    /// One statement that answers one `bigint`: 0, or how many rows violate the invariant.
    pub sql: &'static str,
}

macro_rules! checks {
    ($($name:literal),* $(,)?) => {
        &[$(Check { name: $name, sql: include_str!(concat!("sql/", $name, ".sql")) }),*]
    };
}

/// All checks, cheap and telling ones first within each area.
pub const CHECKS: &[Check] = checks![
    // The journal in itself.
    "journal_balanced",
    "journal_sum_zero",
    "journal_accounts_exist",
    "journal_sides",
    // Wallets, grants and holds against the journal and each other.
    "no_negatives",
    "wallet_entries",
    "wallet_grants",
    "wallet_next_expiry",
    "grant_whole",
    "grant_issued",
    "grant_expired",
    "grant_revoked",
    "hold_slices",
    "hold_grants",
    "hold_settle_entries",
    "hold_refund_entries",
    "refund_grants",
    // The roll-up.
    "rollup_watermark",
    "rolled_balances",
    // Tasks and attempts against the money.
    "task_holds",
    "task_images",
    "task_attempts",
    "delivered_attempts",
    "calling_attempts",
    "attempt_costs",
    "attempt_owners",
    "settle_attempts",
    "compensations",
    "surplus_entries",
    "compensate_entries",
    "parked_entries",
    "compensation_budgets",
    "owner_earnings",
    // What is counted about hosted keys.
    "in_flight",
    "day_units",
    "month_units",
];

/// The check a service makes before it starts (see [`super::watermark_is_ours`]).
pub(super) fn watermark() -> &'static Check {
    CHECKS.iter().find(|it| it.name == "rollup_watermark").expect("it stands in the list above")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_sql_file_is_listed_once() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ledger/audit/sql");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        let names: BTreeSet<String> = CHECKS.iter().map(|it| it.name.to_owned()).collect();

        assert_eq!(names, files);
        assert_eq!(names.len(), CHECKS.len());
    }

    #[test]
    fn every_check_says_in_words_what_it_checks() {
        assert!(CHECKS.iter().all(|it| it.sql.starts_with("-- ")));
    }
}
