//! Everything that each role may do in the database, as a list somebody reads: a new right shows in a review.
//! `UPDATE_RIGHTS=1` writes the lists anew.

use std::path::Path;

use shared::db::Role;

use super::Exchange;

/// As the server judges it, so that what everybody may do, or a group, counts too. What a role may do to a whole table is
/// one line, else there is a line for each column.
const RIGHTS: &str = "
WITH ours AS (
    SELECT oid, nspname FROM pg_namespace
     WHERE nspname <> 'information_schema' AND NOT starts_with(nspname, 'pg_')
), relation AS (
    SELECT c.oid, c.relkind, format('%I.%I', n.nspname, c.relname) AS name
      FROM pg_class c JOIN ours n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f', 'S')
), verb AS (
    SELECT unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS verb
), line (part, line) AS (
    SELECT 0, 'attribute ' || a.name
      FROM pg_roles r, LATERAL (VALUES ('superuser', r.rolsuper), ('createdb', r.rolcreatedb), ('login', r.rolcanlogin),
           ('createrole', r.rolcreaterole), ('replication', r.rolreplication), ('bypassrls', r.rolbypassrls)) a (name, has)
     WHERE r.rolname = $1 AND a.has
     UNION ALL
    SELECT 1, 'member of ' || m.roleid::regrole FROM pg_auth_members m WHERE m.member = $1::regrole
     UNION ALL
    SELECT 2, 'setting ' || s FROM pg_roles r, unnest(r.rolconfig) s WHERE r.rolname = $1
     UNION ALL
    SELECT 3, 'database ' || p FROM unnest('{CONNECT,CREATE,TEMPORARY}'::text[]) p
     WHERE has_database_privilege($1, current_database(), p)
     UNION ALL
    SELECT 4, 'language ' || l.lanname FROM pg_language l
     WHERE l.lanpltrusted AND l.lanname <> 'sql' AND has_language_privilege($1, l.oid, 'USAGE')
     UNION ALL
    SELECT 5, 'schema ' || n.nspname || ' ' || p FROM ours n, unnest('{CREATE,USAGE}'::text[]) p
     WHERE has_schema_privilege($1, n.oid, p)
     UNION ALL
    SELECT 6, 'table ' || r.name || ' ' || v.verb FROM relation r, verb v
     WHERE r.relkind <> 'S' AND has_table_privilege($1, r.oid, v.verb)
     UNION ALL
    SELECT 6, 'table ' || r.name || '.' || a.attname || ' ' || v.verb
      FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped, verb v
     WHERE r.relkind <> 'S' AND v.verb IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
       AND NOT has_table_privilege($1, r.oid, v.verb) AND has_column_privilege($1, r.oid, a.attnum, v.verb)
     UNION ALL
    SELECT 7, 'sequence ' || r.name || ' ' || p FROM relation r, unnest('{USAGE,SELECT,UPDATE}'::text[]) p
     WHERE r.relkind = 'S' AND has_sequence_privilege($1, r.oid, p)
     UNION ALL
    SELECT 8, format('function %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
      FROM pg_proc p JOIN ours n ON n.oid = p.pronamespace WHERE has_function_privilege($1, p.oid, 'EXECUTE')
)
SELECT line FROM line ORDER BY part, line COLLATE \"C\"";

async fn rights(exchange: &Exchange, role: Role) -> String {
    let lines: Vec<String> = sqlx::query_scalar(RIGHTS)
        .bind(role.name())
        .fetch_all(&mut exchange.database.superuser().await)
        .await
        .unwrap();
    lines.join("\n") + "\n"
}

#[tokio::test]
async fn what_each_role_may_do_is_what_its_list_says_and_nothing_else() {
    let exchange = Exchange::open().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/identity/rights");

    let mut wrong = Vec::new();
    for role in Role::ALL {
        let file = folder.join(format!("{}.txt", role.name()));
        let found = rights(&exchange, role).await;
        if std::env::var_os("UPDATE_RIGHTS").is_some() {
            std::fs::write(&file, &found).unwrap();
        }
        let listed = std::fs::read_to_string(&file).unwrap_or_default();
        let news = found.lines().filter(|it| !listed.lines().any(|line| line == *it));
        wrong.extend(news.map(|it| format!("{} may, and is not listed: {it}", role.name())));
        let lost = listed.lines().filter(|it| !found.lines().any(|line| line == *it));
        wrong.extend(lost.map(|it| format!("{} may not, and is listed: {it}", role.name())));
    }

    assert_eq!(wrong, Vec::<String>::new(), "UPDATE_RIGHTS=1 writes the lists anew");
    exchange.close().await;
}

/// What the server lets everybody do by itself; lists of it would be thousands of lines long.
#[tokio::test]
async fn nobody_is_given_what_opens_files_sessions_or_large_objects() {
    let exchange = Exchange::open().await;
    let given: Vec<String> = sqlx::query_scalar(
        "SELECT r.rolname || ' ' || p.proname FROM pg_proc p, pg_roles r
          WHERE starts_with(r.rolname, 'aether_') AND p.pronamespace = 'pg_catalog'::regnamespace
            AND has_function_privilege(r.oid, p.oid, 'EXECUTE')
            AND p.proname ~ '^(lo_|lo(read|write)$|pg_(read|ls|stat)_(binary_)?(file|dir)|pg_(reload|switch|promote))'
            -- Judges its caller itself.
            AND NOT p.proname ~ '_old$'
            OR p.proname = 'pg_logical_emit_message' AND has_function_privilege(r.oid, p.oid, 'EXECUTE')
               AND starts_with(r.rolname, 'aether_')",
    )
    .fetch_all(&mut exchange.database.superuser().await)
    .await
    .unwrap();

    assert_eq!(given, Vec::<String>::new());
    exchange.close().await;
}
