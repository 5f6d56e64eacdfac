//! What a user marked, hid and searches for among their tasks.

use shared::generation::tasks::{LOOKED_MAX, MarkChange, TaskFilter, find, list, mark};
use sqlx::{Connection as _, PgConnection, PgPool};

use super::{Database, id, lived_in};

/// The last digits of the ids of all tasks that a filter finds, page by page; and how many pages there were.
async fn found(api: &PgPool, filter: &TaskFilter, page: i64) -> (Vec<String>, usize) {
    let (mut all, mut before, mut pages) = (Vec::new(), None, 0);
    loop {
        let part =
            list(&mut api.acquire().await.unwrap(), id("c1"), filter, before, page).await.unwrap();
        pages += 1;
        let full = i64::try_from(part.tasks.len()).unwrap() == page;
        before = if full { part.tasks.last().map(|it| it.id) } else { part.stopped_at };
        all.extend(part.tasks.iter().map(|it| it.id.to_string()[34..].to_owned()));
        if before.is_none() {
            return (all, pages);
        }
    }
}

async fn digits(api: &PgPool, filter: TaskFilter) -> Vec<String> {
    found(api, &filter, 3).await.0
}

async fn set(
    api: &PgPool,
    task: &str,
    user: &str,
    favorite: Option<bool>,
    hidden: Option<bool>,
) -> bool {
    let mut conn = api.acquire().await.unwrap();
    mark(&mut conn, id(task), id(user), MarkChange { favorite, hidden }).await.unwrap()
}

fn words(text: &str) -> TaskFilter {
    TaskFilter { words: text.split(' ').map(str::to_owned).collect(), ..TaskFilter::default() }
}

#[tokio::test]
async fn marks_are_ones_own_stay_as_they_are_unless_named_and_sort_the_history() {
    let (database, api) = lived_in().await;
    let all = digits(&api, TaskFilter::default()).await;
    let favorites = || TaskFilter { favorite: Some(true), ..TaskFilter::default() };
    let others = || TaskFilter { favorite: Some(false), ..TaskFilter::default() };
    let hidden = || TaskFilter { hidden: true, ..TaskFilter::default() };
    assert!(all.len() > 8 && digits(&api, favorites()).await.is_empty());

    for task in ["11", "13"] {
        assert!(set(&api, task, "c1", Some(true), None).await);
    }
    assert!(set(&api, "13", "c1", None, Some(true)).await);
    assert!(!set(&api, "12", "d1", Some(true), None).await, "not theirs");
    assert!(!set(&api, "99", "c1", Some(true), None).await, "no task");

    assert_eq!(digits(&api, favorites()).await, ["11"]);
    assert_eq!(digits(&api, hidden()).await, ["13"]);
    assert_eq!(digits(&api, TaskFilter { favorite: Some(true), ..hidden() }).await, ["13"]);
    assert!(digits(&api, TaskFilter { favorite: Some(false), ..hidden() }).await.is_empty());
    let without = |gone: &[&str]| -> Vec<String> {
        all.iter().filter(|it| !gone.contains(&it.as_str())).cloned().collect()
    };
    assert_eq!(digits(&api, TaskFilter::default()).await, without(&["13"]));
    assert_eq!(digits(&api, others()).await, without(&["11", "13"]));

    assert!(set(&api, "13", "c1", Some(false), Some(false)).await);
    assert_eq!(digits(&api, TaskFilter::default()).await, all);
    let task = find(&mut api.acquire().await.unwrap(), id("11"), id("c1")).await.unwrap().unwrap();
    assert!(task.favorite && !task.hidden);
    api.close().await;
    database.drop().await;
}

#[tokio::test]
async fn a_search_finds_every_word_in_whatever_case_and_nothing_that_only_looks_like_a_pattern() {
    let (database, api) = lived_in().await;
    database
        .run(
            "UPDATE generation.task SET prompt = 'A Red FOX in snow' WHERE id = u('11');
             UPDATE generation.task SET prompt = 'a red hen, 100% real' WHERE id = u('12');
             UPDATE generation.task SET prompt = '雪地里的红狐' WHERE id = u('13')",
        )
        .await;

    assert_eq!(digits(&api, words("red")).await, ["12", "11"]);
    assert_eq!(digits(&api, words("fox RED")).await, ["11"]);
    assert_eq!(digits(&api, words("红狐")).await, ["13"]);
    assert_eq!(digits(&api, words("100%")).await, ["12"]);
    for nothing in ["red wolf", "r_d", "%", "\\", "re%fox"] {
        let expected: &[&str] = if nothing == "%" { &["12"] } else { &[] };
        assert_eq!(digits(&api, words(nothing)).await, expected, "{nothing}");
    }
    set(&api, "11", "c1", Some(true), None).await;
    let favorite = TaskFilter { favorite: Some(true), ..words("red") };
    assert_eq!(digits(&api, favorite).await, ["11"]);
    api.close().await;
    database.drop().await;
}

#[tokio::test]
async fn a_search_looks_at_so_many_tasks_and_then_says_where_to_go_on() {
    let (database, api) = lived_in().await;
    let count = LOOKED_MAX + 10;
    pile_up(&database, count).await;
    database.run("UPDATE generation.task SET prompt = 'a needle' WHERE id = u('11')").await;

    let (all, pages) = found(&api, &words("needle"), 3).await;
    assert_eq!((all, pages), (vec!["11".to_owned()], 2));

    let mut conn = api.acquire().await.unwrap();
    let mut tx = conn.begin().await.unwrap();
    let before = rows_read(&mut tx).await;
    let first = list(&mut tx, id("c1"), &words("needle"), None, 21).await.unwrap();
    assert!(first.tasks.is_empty() && first.stopped_at.is_some());
    // Once to look into the prompts, once to find where to go on; the rest are rows of small tables.
    let read = rows_read(&mut tx).await - before;
    assert!(read <= 2 * LOOKED_MAX + 100, "{read} rows were read");
    tx.rollback().await.unwrap();
    drop(conn);
    api.close().await;
    database.drop().await;
}

/// Rows of tasks that this session has read and not yet reported.
async fn rows_read(conn: &mut PgConnection) -> i64 {
    sqlx::query_scalar(
        "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables
          WHERE schemaname = 'generation' AND relname = 'task'",
    )
    .fetch_one(conn)
    .await
    .unwrap()
}

/// So many newer tasks of the consumer, among 35 times as many of somebody else.
async fn pile_up(database: &Database, count: i64) {
    let mut conn = database.superuser().await;
    sqlx::query(
        "INSERT INTO generation.task
         SELECT (jsonb_populate_record(t, jsonb_build_object(
                    'id', '00000000-0000-7000-9000-' || lpad(n::text, 12, '0'), 'idempotency_key', NULL,
                    'user_id', CASE WHEN n % 36 = 0 THEN u('c1') ELSE u('d1') END))).*
           FROM generation.task t, generate_series(1, 36 * $1) n WHERE t.id = u('11')",
    )
    .bind(count)
    .execute(&mut conn)
    .await
    .unwrap();
    sqlx::query("ANALYZE generation.task").execute(&mut conn).await.unwrap();
}
