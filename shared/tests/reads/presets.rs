//! Presets have an order without gaps and a highest number, whoever races.

use futures::future::join_all;
use serde_json::json;
use shared::generation::presets::{self, PRESETS_MAX, PresetChange};
use sqlx::PgPool;
use uuid::Uuid;

use super::{id, lived_in};

async fn create(api: &PgPool, name: &str, position: Option<i32>) -> Option<Uuid> {
    let (mut conn, new) = (api.acquire().await.unwrap(), Uuid::now_v7());
    let params = json!({"prompt": name});
    let kept = presets::create(&mut conn, new, id("d1"), name, &params, position).await.unwrap();
    kept.then_some(new)
}

/// The names in order, after a look at the positions.
async fn names(api: &PgPool) -> Vec<String> {
    let mut conn = api.acquire().await.unwrap();
    let all = presets::list(&mut conn, id("d1"), None, 1_000).await.unwrap();
    let mut by_page = Vec::new();
    loop {
        let after = by_page.last().map(|it: &presets::Preset| it.position);
        let page = presets::list(&mut conn, id("d1"), after, 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        assert!(page.len() <= 2);
        by_page.extend(page);
    }
    assert_eq!(by_page, all, "whatever the size of the pages");
    let positions: Vec<i32> = all.iter().map(|it| it.position).collect();
    let gapless: Vec<i32> = (0..i32::try_from(all.len()).unwrap()).collect();
    assert_eq!(positions, gapless, "no gaps");
    all.into_iter().map(|it| it.name).collect()
}

async fn place(api: &PgPool, preset: Uuid, position: i32) -> Vec<String> {
    let change = PresetChange { position: Some(position), ..PresetChange::default() };
    let mut conn = api.acquire().await.unwrap();
    assert!(presets::change(&mut conn, preset, id("d1"), &change).await.unwrap());
    names(api).await
}

#[tokio::test]
async fn a_preset_is_moved_among_the_others_and_none_keeps_a_gap() {
    let (database, api) = lived_in().await;
    let a = create(&api, "a", None).await.unwrap();
    create(&api, "b", None).await.unwrap();
    let c = create(&api, "c", Some(7)).await.unwrap();
    assert_eq!(names(&api).await, ["a", "b", "c"]);
    create(&api, "d", Some(1)).await.unwrap();
    assert_eq!(names(&api).await, ["a", "d", "b", "c"]);

    assert_eq!(place(&api, c, 0).await, ["c", "a", "d", "b"]);
    assert_eq!(place(&api, a, 2).await, ["c", "d", "a", "b"]);
    assert_eq!(place(&api, a, 2).await, ["c", "d", "a", "b"]);
    assert_eq!(place(&api, c, 99).await, ["d", "a", "b", "c"]);

    let mut conn = api.acquire().await.unwrap();
    let renamed = PresetChange { name: Some("z".to_owned()), ..PresetChange::default() };
    assert!(!presets::change(&mut conn, a, id("c1"), &renamed).await.unwrap(), "not theirs");
    assert!(!presets::delete(&mut conn, a, id("c1")).await.unwrap(), "not theirs");
    assert!(presets::find(&mut conn, a, id("c1")).await.unwrap().is_none(), "not theirs");
    assert!(presets::delete(&mut conn, a, id("d1")).await.unwrap());
    assert!(!presets::delete(&mut conn, a, id("d1")).await.unwrap());
    drop(conn);
    assert_eq!(names(&api).await, ["d", "b", "c"]);
    api.close().await;
    database.drop().await;
}

#[tokio::test]
async fn nobody_has_more_presets_than_a_user_may_have_however_many_are_kept_at_once() {
    let (database, api) = lived_in().await;
    for number in 1..PRESETS_MAX {
        create(&api, &number.to_string(), None).await.unwrap();
    }

    let created = join_all((0..6).map(|_| create(&api, "last", Some(0)))).await;

    assert_eq!(created.iter().flatten().count(), 1);
    assert_eq!(names(&api).await.len(), usize::try_from(PRESETS_MAX).unwrap());
    api.close().await;
    database.drop().await;
}
