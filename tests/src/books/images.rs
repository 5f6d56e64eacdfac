//! Charges = images consumers can download.

use std::collections::HashMap;

use futures::StreamExt as _;
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use sqlx::FromRow;

use crate::client::{Caller, Task, User};
use crate::stack::Stack;

/// Consumers who download at once.
const AT_ONCE: usize = 4;

#[derive(Debug, FromRow)]
struct Charged {
    task: String,
    user_id: String,
    credits_cost: Decimal,
    of_hold: Option<Decimal>,
    of_attempt: Option<Decimal>,
    bytes: i64,
    sha256: Vec<u8>,
    deleted: bool,
}

pub(super) async fn check(stack: &Stack) -> Vec<String> {
    let mut violations = charges_without_image(stack).await;
    let mut by_user: HashMap<String, Vec<Charged>> = HashMap::new();
    for it in completed(stack).await {
        by_user.entry(it.user_id.clone()).or_default().push(it);
    }
    let (users, anonymous) = (stack.known_users(), Caller::anonymous(""));
    let mut checks = futures::stream::iter(by_user)
        .map(|(user_id, images)| {
            let viewer = users.iter().find(|it| it.id == user_id).cloned();
            let anonymous = anonymous.clone();
            async move { check_all(images, viewer, &anonymous).await }
        })
        .buffer_unordered(AT_ONCE);
    while let Some(found) = checks.next().await {
        violations.extend(found);
    }
    violations
}

/// One consumer's images, one after the other.
async fn check_all(
    images: Vec<Charged>,
    mut viewer: Option<User>,
    anonymous: &Caller,
) -> Vec<String> {
    let mut violations = Vec::new();
    for charged in images {
        violations.extend(amounts(&charged));
        match &mut viewer {
            None => {
                violations.push(format!(
                    "task {} belongs to a user this test does not know",
                    charged.task
                ));
            }
            Some(user) if !charged.deleted => {
                violations.extend(download(&charged, user, anonymous).await);
            }
            Some(_) => {}
        }
    }
    violations
}

/// Every task that shows an image, with what was paid for it.
async fn completed(stack: &Stack) -> Vec<Charged> {
    sqlx::query_as(
        "SELECT t.id::text AS task, t.user_id::text AS user_id, t.credits_cost, h.charged AS of_hold, a.cost AS of_attempt,
                t.image_bytes AS bytes, t.image_sha256 AS sha256, t.image_deleted_at IS NOT NULL AS deleted
           FROM generation.task t
           LEFT JOIN ledger.hold h ON h.id = t.id AND h.state = 'settled'
           LEFT JOIN generation.attempt a ON a.id = t.image_attempt AND a.state = 'delivered'
          WHERE t.status IN ('completed', 'refunded')",
    )
    .fetch_all(&stack.pool)
    .await
    .expect("a superuser reads everything")
}

async fn charges_without_image(stack: &Stack) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT format('task %s was charged %s and is %s', h.id, h.charged, coalesce(t.status, 'gone'))
           FROM ledger.hold h LEFT JOIN generation.task t ON t.id = h.id
          WHERE h.ref_kind = 'task' AND h.state = 'settled'
            AND (t.id IS NULL OR t.status NOT IN ('completed', 'refunded'))",
    )
    .fetch_all(&stack.pool)
    .await
    .expect("a superuser reads everything")
}

fn amounts(charged: &Charged) -> Option<String> {
    let differ = charged.of_hold != Some(charged.credits_cost)
        || charged.of_attempt != Some(charged.credits_cost);
    differ.then(|| {
        format!(
            "task {} says it cost {}, its hold {:?}, its attempt {:?}",
            charged.task, charged.credits_cost, charged.of_hold, charged.of_attempt
        )
    })
}

/// Downloads as the consumer would; a suspended one could do so until the suspension.
async fn download(charged: &Charged, user: &mut User, anonymous: &Caller) -> Option<String> {
    let task = &charged.task;
    let path = format!("/api/generate/task/{task}");
    let mut answer = user.get(&path).await;
    if answer.status == 401 {
        *user = user.signed_in_again().await;
        answer = user.get(&path).await;
    }
    if answer.code() == "auth.suspended" {
        return None;
    }
    if answer.status != 200 {
        return Some(format!("task {task}: its consumer gets {} {}", answer.status, answer.code()));
    }
    let view: Task = answer.expect_as(200);
    let Some(url) = view.image_url else { return Some(format!("task {task} shows no image_url")) };
    let image = anonymous.get(&url).await;
    if image.status != 200 {
        return Some(format!("task {task}: its image answers {} {}", image.status, image.code()));
    }
    let as_kept = i64::try_from(image.bytes.len()).is_ok_and(|it| it == charged.bytes)
        && Sha256::digest(&image.bytes).as_slice() == charged.sha256;
    (!as_kept).then(|| format!("task {task}: the image is not the one that was paid for"))
}
