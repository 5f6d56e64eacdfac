//! The ledger's own audit, in-flight counters and daily units included.

use crate::stack::Stack;

pub(super) async fn check(stack: &Stack) -> Vec<String> {
    let report = shared::ledger::audit::run(&stack.pool).await.expect("the audit runs");
    report.violated().map(|it| format!("audit {}: {} violations", it.name, it.violations)).collect()
}
