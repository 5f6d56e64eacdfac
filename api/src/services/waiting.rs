//! Why a task waits: what keeps each resource from serving it, from memory, and its place in the queue.

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, Utc};
use shared::{
    generation::{
        models_for,
        quote::{self, Obstacle, Waiter, WaitingClass},
        tasks::{self, QueuePlace, Task, TaskStatus},
    },
    ledger::Credits,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Generation;

/// Why a task waits.
#[derive(Debug)]
pub struct Waiting {
    /// What keeps how many resources from serving it.
    pub reasons: Vec<Obstacle>,
    /// Waiting tasks that come before it in its lane.
    pub position: i64,
    /// When the first resource that pauses is tried again.
    pub retry_at: Option<DateTime<Utc>>,
    /// The reasons for people.
    pub message: String,
}

/// Why a pending task waits; `None` for any other. Costs a query, so only for reads of single tasks.
pub async fn explain_waiting(
    generation: &Generation,
    conn: &mut PgConnection,
    task: &Task,
) -> sqlx::Result<Option<Waiting>> {
    if task.status != TaskStatus::Pending {
        return Ok(None);
    }
    let place = tasks::find_place(conn, task.id).await?;
    let Some(place) = place else { return Ok(None) };
    let prices = generation.market.prices();
    let models = models_for(prices.catalogue(), &task.spec).unwrap_or_default();
    let obstacles = prices.obstacles(&Waiter {
        models: &models,
        user: task.user_id,
        route: task.route,
        ceiling: task.credits_held,
        excluded: &place.excluded,
    });
    Ok(Some(Waiting::new(obstacles, &place, task.credits_held)))
}

/// What keeps a task from starting, without its place in the queue.
#[derive(Debug)]
pub struct Obstacles {
    /// What keeps how many resources from serving it.
    pub reasons: Vec<Obstacle>,
    /// The reasons for people.
    pub message: String,
}

/// What keeps each of these pending tasks from starting; `excluded` are the resources that it must not be given again.
/// From memory alone.
pub fn list_obstacles(
    generation: &Generation,
    tasks: &[(Task, Vec<Uuid>)],
) -> HashMap<Uuid, Obstacles> {
    let prices = generation.market.prices();
    let pending = tasks.iter().filter(|(task, _)| task.status == TaskStatus::Pending);
    let explained = pending.map(|(task, excluded)| {
        let models = models_for(prices.catalogue(), &task.spec).unwrap_or_default();
        let obstacles = prices.obstacles(&Waiter {
            models: &models,
            user: task.user_id,
            route: task.route,
            ceiling: task.credits_held,
            excluded,
        });
        let message = message(&obstacles, 0, task.credits_held);
        (task.id, Obstacles { reasons: obstacles.reasons, message })
    });
    explained.collect()
}

impl Waiting {
    fn new(obstacles: quote::Obstacles, place: &QueuePlace, ceiling: Credits) -> Self {
        let wait =
            obstacles.retry_seconds.map(|it| Duration::try_from_secs_f64(it).unwrap_or_default());
        let retry_at = wait.map(|it| place.now + it);
        let message = message(&obstacles, place.position, ceiling);
        Self { reasons: obstacles.reasons, position: place.position, retry_at, message }
    }
}

fn message(obstacles: &quote::Obstacles, position: i64, ceiling: Credits) -> String {
    let mut parts: Vec<String> = Vec::new();
    if obstacles.free > 0 {
        parts.push(match obstacles.free {
            1 => "a key is free for it".to_owned(),
            free => format!("{free} keys are free for it"),
        });
    }
    parts.extend(obstacles.reasons.iter().map(|it| words(it, ceiling)));
    match position {
        0 => {}
        1 => parts.push("one task comes before it".to_owned()),
        position => parts.push(format!("{position} tasks come before it")),
    }
    parts.join("; ")
}

fn words(obstacle: &Obstacle, ceiling: Credits) -> String {
    let (keys, is, has) = match obstacle.count {
        1 => ("1 key".to_owned(), "is", "has"),
        count => (format!("{count} keys"), "are", "have"),
    };
    match (obstacle.class, obstacle.cheapest) {
        (WaitingClass::Busy, _) => format!("{keys} {is} busy"),
        (WaitingClass::Cooling, _) => format!("{keys} {is} pausing after a failure"),
        (WaitingClass::Limits, _) => format!("{keys} {has} no units left for it"),
        (WaitingClass::Price, Some(cheapest)) => {
            format!("the cheapest free key costs {cheapest}, this task pays at most {ceiling}")
        }
        (WaitingClass::Price, None) => {
            format!("{keys} that {is} not free either would cost more than {ceiling}")
        }
        (WaitingClass::Policy, _) => format!("the policy of their provider keeps {keys} from it"),
        (WaitingClass::Outage, _) if obstacle.count == 0 => {
            "no key that could make it is connected and active".to_owned()
        }
        (WaitingClass::Outage, _) => format!("its provider fails: all of its {keys} {is} pausing"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn obstacle(class: WaitingClass, count: usize, cheapest: Option<&str>) -> Obstacle {
        Obstacle { class, count, cheapest: cheapest.map(|it| it.parse().unwrap()) }
    }

    fn place(position: i64) -> QueuePlace {
        QueuePlace { position, excluded: vec![], now: DateTime::UNIX_EPOCH }
    }

    fn waiting(reasons: Vec<Obstacle>, free: usize, position: i64) -> Waiting {
        let obstacles = quote::Obstacles { reasons, free, retry_seconds: Some(12.5) };
        Waiting::new(obstacles, &place(position), "0.99".parse().unwrap())
    }

    #[test]
    fn a_task_too_poor_for_what_is_free_is_told_both_amounts() {
        let reasons = vec![
            obstacle(WaitingClass::Busy, 1, None),
            obstacle(WaitingClass::Price, 2, Some("1.2")),
        ];
        let waiting = waiting(reasons, 0, 3);

        assert_eq!(
            waiting.message,
            "1 key is busy; the cheapest free key costs 1.2, this task pays at most 0.99; \
             3 tasks come before it"
        );
        assert_eq!(waiting.retry_at.map(|it| it.timestamp_millis()), Some(12_500));
    }

    #[test]
    fn every_class_has_words() {
        for class in [
            WaitingClass::Busy,
            WaitingClass::Cooling,
            WaitingClass::Limits,
            WaitingClass::Price,
            WaitingClass::Policy,
            WaitingClass::Outage,
        ] {
            for count in [1, 2] {
                let text = waiting(vec![obstacle(class, count, None)], 0, 0).message;
                assert!(text.contains(&format!("{count} key")), "{text}");
            }
        }
        let outage = waiting(vec![obstacle(WaitingClass::Outage, 0, None)], 0, 0).message;
        assert_eq!(outage, "no key that could make it is connected and active");
        assert_eq!(waiting(vec![], 1, 1).message, "a key is free for it; one task comes before it");
    }
}
