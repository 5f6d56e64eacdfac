use devkit::database::Database;

use crate::harness::{ctl, ctl_on};

#[tokio::test]
async fn a_second_migration_has_nothing_to_do() {
    let database = Database::empty().await;

    let first = ctl_on(&database, &["migrate"], "");
    let second = ctl_on(&database, &["migrate"], "");

    assert!(first.stdout.ends_with(": created\n"), "{first:?}");
    assert!(second.stdout.ends_with(": nothing to do\n"), "{second:?}");
    database.drop().await;
}

#[test]
fn a_missing_variable_is_named_with_the_reason() {
    for command in ["migrate", "audit", "rebuild-balances"] {
        let answer = ctl(&[], &[command], "");

        assert_eq!(answer.code, 2);
        assert!(answer.stderr.contains("DATABASE_URL: not set, and ctl needs it"), "{answer:?}");
    }
    let answer = ctl(&[], &["requeue"], "");
    assert!(answer.stderr.contains("REDIS_URL: not set, and ctl needs it"), "{answer:?}");
}

#[test]
fn a_misspelt_setting_is_refused_before_anything_is_done() {
    let environment = [
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none"),
        ("AETHERFLOW_DB_PASSWORT_API", "x"),
    ];

    let answer = ctl(&environment, &["migrate"], "");

    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("did you mean AETHERFLOW_DB_PASSWORD_API?"), "{answer:?}");
}

#[test]
fn a_database_that_is_away_is_told_without_the_password() {
    let url = "postgres://postgres:hunter2hunter2@127.0.0.1:1/aetherflow";

    let answer = ctl(&[("DATABASE_URL", url)], &["migrate"], "");

    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("cannot connect to the database"), "{answer:?}");
    assert!(!answer.stderr.contains("hunter2"), "{answer:?}");
}

#[tokio::test]
async fn other_commands_ask_for_a_migration_first() {
    let database = Database::empty().await;

    let answer = ctl_on(&database, &["audit"], "");

    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("run `ctl migrate`"), "{answer:?}");
    database.drop().await;
}
