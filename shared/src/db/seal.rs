//! What PostgreSQL lets everybody do in a new database, taken back: connect, make temporary tables, store large objects,
//! run blocks of code. None of our roles needs it.

use sqlx::{AssertSqlSafe, PgConnection};

use super::role::{OWNER, Role};

/// Whom only superusers let into a database, and what they may do there: nothing but connect.
pub fn database_rights(database: &str) -> String {
    let roles = Role::ALL.map(Role::name).join(", ");
    format!(
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC; GRANT CONNECT ON DATABASE {database} TO {roles};"
    )
}

/// Closes what is open of the database that `conn` is connected to. Whoever migrates may not be allowed to close all of
/// it: [`left_open`] tells.
pub(super) async fn seal(conn: &mut PgConnection) -> sqlx::Result<()> {
    for statement in open(conn).await? {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *conn).await?;
    }
    Ok(())
}

/// The statements with which a superuser closes what is open still. Whether the server's other databases let our roles
/// in is not ours to decide, so that is only told.
pub(super) async fn left_open(conn: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    let mut statements = open(conn).await?;
    let others: Vec<String> = sqlx::query_scalar(
        "SELECT format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', d.datname)
           FROM pg_catalog.pg_database d,
                pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
          WHERE d.datallowconn AND d.datname <> current_database() AND a.grantee = 0 AND a.privilege_type = 'CONNECT'
          ORDER BY d.datname",
    )
    .fetch_all(conn)
    .await?;
    statements.extend(others);
    Ok(statements)
}

/// What is open of this database, as the statements that close it; none if nothing is.
async fn open(conn: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    let (database, sealed): (String, bool) = sqlx::query_as(
        "SELECT format('%I', d.datname),
                NOT EXISTS (SELECT FROM pg_catalog.aclexplode(coalesce(d.datacl,
                                pg_catalog.acldefault('d', d.datdba))) a WHERE a.grantee = 0)
                AND (SELECT bool_and(has_database_privilege(r, d.oid, 'CONNECT')) FROM unnest($1::text[]) r)
           FROM pg_catalog.pg_database d WHERE d.datname = current_database()",
    )
    .bind(Role::ALL.map(Role::name).as_slice())
    .fetch_one(&mut *conn)
    .await?;
    let mut statements = Vec::new();
    if !sealed {
        statements.push(database_rights(&database));
    }
    let plpgsql = format!(
        "GRANT USAGE ON LANGUAGE plpgsql TO {OWNER}; REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC"
    );
    // Every role is part of PUBLIC, so what a role that has nothing may do is what everybody may.
    let rest: Vec<String> = sqlx::query_scalar(
        "SELECT 'REVOKE CREATE ON SCHEMA public FROM PUBLIC' FROM pg_catalog.pg_namespace n
          WHERE n.nspname = 'public' AND has_schema_privilege('public', n.oid, 'CREATE')
          UNION ALL
         SELECT $1 FROM pg_catalog.pg_language l
          WHERE l.lanname = 'plpgsql' AND has_language_privilege('public', l.oid, 'USAGE')
          UNION ALL
         (SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', p.oid::regprocedure)
            FROM pg_catalog.pg_proc p
           WHERE p.pronamespace = 'pg_catalog'::regnamespace
             AND (starts_with(p.proname, 'lo_') OR p.proname IN ('loread', 'lowrite', 'pg_logical_emit_message'))
             AND has_function_privilege('public', p.oid, 'EXECUTE')
           ORDER BY p.oid)",
    )
    .bind(plpgsql)
    .fetch_all(conn)
    .await?;
    statements.extend(rest);
    Ok(statements)
}
