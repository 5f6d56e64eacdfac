use devkit::database::Database;
use serde_json::Value;

use crate::harness::ctl_on;

#[tokio::test]
async fn a_sound_ledger_passes_in_both_forms() {
    let database = Database::create().await;

    let table = ctl_on(&database, &["audit"], "");
    let json = ctl_on(&database, &["audit", "--json"], "");

    assert_eq!((table.code, json.code), (0, 0), "{table:?} {json:?}");
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(report["ok"], true);
    let checks = report["checks"].as_array().unwrap();
    assert_eq!(table.stdout.lines().count(), checks.len());
    assert!(checks.iter().all(|it| it["violations"] == 0 && it["elapsed_ms"].is_i64()));
    database.drop().await;
}

#[tokio::test]
async fn a_violation_is_named_and_ends_with_1() {
    let database = Database::create().await;
    let created = ctl_on(
        &database,
        &["create-admin", "--email", "root@example.com", "--password-stdin"],
        "correct horse\n",
    );
    assert_eq!(created.code, 0, "{created:?}");
    database.run("UPDATE ledger.wallet SET available = 5").await;

    let table = ctl_on(&database, &["audit"], "");
    let json = ctl_on(&database, &["audit", "--json"], "");

    assert_eq!((table.code, json.code), (1, 1), "{table:?} {json:?}");
    assert!(table.stdout.contains("1 violation"), "{table:?}");
    let report: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(report["ok"], false);
    database.drop().await;
}

#[tokio::test]
async fn balances_are_summed_anew_and_pass_the_audit() {
    let database = Database::create().await;

    let rebuilt = ctl_on(&database, &["rebuild-balances"], "");

    assert_eq!(rebuilt.code, 0, "{rebuilt:?}");
    assert!(rebuilt.stdout.ends_with("balances summed anew from the journal\n"), "{rebuilt:?}");
    assert_eq!(ctl_on(&database, &["audit"], "").code, 0);
    database.drop().await;
}
