//! The books must be exact: ours are checked against themselves, against what consumers can download,
//! and against what the provider says it made and charged.

mod audit;
mod compensation;
mod images;
mod keys;
mod secrets;

pub use compensation::beyond_budget;
pub use secrets::{find_secrets, redis_connection, redis_keys};

use crate::stack::Stack;

/// Everything that is not exact, one sentence each. Call it when no call is running.
pub async fn check(stack: &Stack) -> Vec<String> {
    let mut violations = check_sums(stack).await;
    violations.extend(images::check(stack).await);
    violations
}

/// The same without downloading every image, for measurements that made very many.
pub async fn check_sums(stack: &Stack) -> Vec<String> {
    let mut violations = audit::check(stack).await;
    violations.extend(keys::check(stack).await);
    violations
}
