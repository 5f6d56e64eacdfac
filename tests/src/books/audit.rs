//! The ledger's own audit, in-flight counters and daily units included.

use shared::ledger::audit::AuditCheck;

use crate::stack::Stack;

pub(super) async fn check(stack: &Stack) -> Vec<String> {
    let report = shared::ledger::audit::run(&stack.pool).await.expect("the audit runs");
    let found = |it: &AuditCheck| match it.violations {
        Some(violations) => format!("audit {}: {violations} violations", it.name),
        None => format!("audit {}: not made ({:?})", it.name, it.error),
    };
    report.violated().map(found).collect()
}
