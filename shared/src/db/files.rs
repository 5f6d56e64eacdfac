//! The files under `/migrations`, embedded. Listed by name, so that adding a file changes this file
//! and every crate that embeds it is rebuilt; a test compares the lists with the folders.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Where the migrator records what it applied.
const MIGRATIONS_TABLE: &str = "aether._sqlx_migrations";

/// One embedded file.
pub(super) struct File {
    pub name: &'static str,
    pub sql: &'static str,
}

macro_rules! files {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(File { name: $name, sql: include_str!(concat!($folder, $name)) }),*]
    };
}

/// Applied once each, in this order. Never edited after a release: a change is a new file.
pub(super) const VERSIONED: &[File] = files!["../../../migrations/":
    "0001_schemas.sql",
    "0002_identity.sql",
    "0003_ledger.sql",
    "0004_pool.sql",
    "0005_generation.sql",
    "0006_ops.sql",
    "0007_stability.sql",
    "0008_openai.sql",
];

/// Applied all together, in this order, whenever one of them changed.
pub(super) const REPEATABLE: &[File] = files!["../../../migrations/functions/":
    "01_clock.sql",
    "05_identity.sql",
    "06_totp.sql",
    "10_ledger_accounts.sql",
    "11_ledger_grants.sql",
    "12_ledger_holds.sql",
    "13_ledger_duties.sql",
    "14_ledger_payments.sql",
    "20_pool_resources.sql",
    "21_pool_health.sql",
    "30_generation_submit.sql",
    "31_generation_claim.sql",
    "32_generation_settle.sql",
    "33_generation_end.sql",
    "34_generation_cancel.sql",
    "35_generation_rescue.sql",
    "36_generation_compensation.sql",
    "37_generation_parked.sql",
    "38_generation_strikes.sql",
    "39_generation_finished.sql",
    "39_generation_marks.sql",
    "40_ops.sql",
    "90_privileges.sql",
];

/// The versioned files as sqlx knows them.
pub(super) fn migrator() -> Migrator {
    let migrations = VERSIONED.iter().map(|file| {
        let (version, description) = version_and_description(file.name);
        Migration::new(
            version,
            Cow::Owned(description),
            MigrationType::Simple,
            file.sql.into_sql_str(),
            false,
        )
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.dangerous_set_table_name(MIGRATIONS_TABLE);
    // `migrate` holds its own lock, around the roles and functions too.
    migrator.set_locking(false);
    migrator
}

/// The version this build was made for: the highest number of a versioned file.
pub(super) fn version_max() -> i64 {
    VERSIONED.iter().map(|file| version_and_description(file.name).0).max().unwrap_or(0)
}

/// One digest over names and contents of the repeatable files.
pub(super) fn functions_hash() -> [u8; 32] {
    let mut hash = Sha256::new();
    for file in REPEATABLE {
        for part in [file.name, file.sql] {
            // The length keeps a byte from moving between a name and its neighbour unnoticed.
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
    }
    hash.finalize().into()
}

fn version_and_description(name: &str) -> (i64, String) {
    let stem = name.strip_suffix(".sql").expect("listed files end in .sql, a test says so");
    let (version, description) =
        stem.split_once('_').expect("versioned files are NNNN_name.sql, a test says so");
    let version = version.parse().expect("versioned files begin with a number, a test says so");
    (version, description.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn in_folder(folder: &str) -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| Path::new(name).extension().is_some_and(|it| it == "sql"))
            .collect();
        names.sort();
        names
    }

    fn listed(files: &[File]) -> Vec<&str> {
        files.iter().map(|file| file.name).collect()
    }

    #[test]
    fn every_versioned_file_is_listed_in_order() {
        assert_eq!(listed(VERSIONED), in_folder("../migrations"));
    }

    #[test]
    fn every_repeatable_file_is_listed_in_order() {
        assert_eq!(listed(REPEATABLE), in_folder("../migrations/functions"));
    }

    #[test]
    fn versions_are_unique_and_named() {
        let migrator = migrator();

        let versions: Vec<i64> = migrator.iter().map(|it| it.version).collect();
        let mut unique = versions.clone();
        unique.dedup();

        assert_eq!(versions, unique);
        assert_eq!(versions.last(), Some(&version_max()));
        assert!(migrator.iter().all(|it| !it.description.is_empty()));
    }
}
