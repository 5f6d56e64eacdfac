use devkit::database::Database;
use secrecy::ExposeSecret as _;
use sqlx::Row as _;

use crate::harness::{ctl, ctl_on};

const EMAIL: &str = "Root@Example.com";

#[tokio::test]
async fn an_admin_is_made_once_and_a_known_user_is_promoted_only_if_that_is_said() {
    let database = Database::create().await;
    let arguments = ["create-admin", "--email", EMAIL, "--password-stdin"];
    let promoting = ["create-admin", "--email", EMAIL, "--password-stdin", "--promote"];

    let first = ctl_on(&database, &arguments, "correct horse\n");
    let second = ctl_on(&database, &arguments, "battery staple\n");
    let third = ctl_on(&database, &promoting, "battery staple\n");

    assert_eq!((first.code, second.code, third.code), (0, 2, 0), "{first:?} {second:?} {third:?}");
    assert!(first.stdout.starts_with("root@example.com is an admin ("), "{first:?}");
    assert!(second.stderr.contains("--promote"), "{second:?}");
    assert_eq!(first.stdout, third.stdout);
    let mut conn = database.superuser().await;
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM identity.users WHERE 'admin' = ANY (roles)) AS admins,
                (SELECT count(*) FROM ledger.wallet) AS wallets,
                (SELECT count(*) FROM ops.audit_log WHERE actor_id IS NULL) AS entries",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    assert_eq!((row.get::<i64, _>("admins"), row.get::<i64, _>("wallets")), (1, 1));
    assert_eq!(row.get::<i64, _>("entries"), 2);
    drop(conn);
    database.drop().await;
}

#[tokio::test]
async fn the_password_may_come_from_the_environment() {
    let database = Database::create().await;
    let url = database.url();
    let environment =
        [("DATABASE_URL", url.expose_secret()), ("AETHERFLOW_ADMIN_PASSWORD", "correct horse")];

    let answer = ctl(&environment, &["create-admin", "--email", EMAIL], "");

    assert_eq!(answer.code, 0, "{answer:?}");
    database.drop().await;
}

#[test]
fn what_cannot_be_an_admin_is_refused_before_the_database_is_asked() {
    let nowhere = [("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")];
    let refused = |arguments: &[&str], input: &str, why: &str| {
        let answer = ctl(&nowhere, arguments, input);
        assert_eq!(answer.code, 2);
        assert!(answer.stderr.contains(why), "{answer:?}");
    };

    refused(
        &["create-admin", "--email", "nobody", "--password-stdin"],
        "correct horse",
        "not an e-mail address",
    );
    refused(
        &["create-admin", "--email", EMAIL, "--password-stdin"],
        "short\n",
        "12 to 128 characters, this one 5",
    );
    refused(
        &["create-admin", "--email", EMAIL, "--password-stdin"],
        "password1234\n",
        "is one of the passwords that are tried first",
    );
    refused(
        &["create-admin", "--email", EMAIL],
        "",
        "set AETHERFLOW_ADMIN_PASSWORD or pass --password-stdin",
    );
}
