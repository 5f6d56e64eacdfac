//! Work to be done while things break.

use futures::future::join_all;
use tests::client::{Task, User};
use tests::stack::core;

/// Submits so many tasks at once.
pub async fn submit(consumer: &User, count: u8, about: &str) -> Vec<Task> {
    join_all((0..count).map(|number| {
        let (consumer, body) = (consumer.clone(), core(&format!("{about}, picture {number}")));
        async move { consumer.submit(&body).await }
    }))
    .await
}

/// Waits until all are final; at least 99 of 100 are completed, as long as another key has capacity.
pub async fn completed(consumer: &User, tasks: &[Task]) -> Vec<Task> {
    let ended = join_all(tasks.iter().map(|it| consumer.wait(it))).await;
    let completed = ended.iter().filter(|it| it.status == "completed").count();
    assert!(
        completed * 100 >= ended.len() * 99,
        "{completed} of {} completed: {ended:#?}",
        ended.len()
    );
    ended
}

/// Waits until all are completed by the one attempt each has had: nothing was cut, nothing bought again.
pub async fn untouched(consumer: &User, tasks: &[Task]) {
    for task in completed(consumer, tasks).await {
        assert_eq!(task.attempt_states(), ["delivered"], "{task:#?}");
    }
}
