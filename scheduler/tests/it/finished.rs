//! What the log says about tasks that ended.

use crate::exchange::Exchange;

/// In one line: status, provider, attempts, waited and run in minutes, credits, error.
const FINISHED: &str = "SELECT string_agg(concat_ws(' ', f.status, coalesce(f.provider, 'none'), f.attempts,
                               round(f.waited_ms / 60000.0), round(f.run_ms / 60000.0), trim_scale(f.credits),
                               f.error_code), '; ' ORDER BY f.task_id)
                          FROM generation.finished_tasks(ARRAY[u('11'), u('12'), u('13'), u('14'), u('99')]) f";

#[tokio::test]
async fn a_finished_task_waited_while_no_attempt_ran_and_one_that_goes_on_has_no_line() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT submit('11'), submit('12'), submit('13'), submit('14')").await;
    exchange.sql("UPDATE shift SET by = by + '10 min'").await;
    exchange.sql("SELECT claim('11', '21', 'e1')").await;
    exchange.sql("UPDATE shift SET by = by + '3 min'").await;
    exchange.sql("SELECT fail('21', 'provider_transient', 'none')").await;
    exchange.sql("UPDATE shift SET by = by + '5 min'").await;
    exchange.sql("SELECT claim('11', '22', 'e2'), claim('14', '24', 'e2')").await;
    exchange.sql("UPDATE shift SET by = by + '4 min'").await;
    exchange.sql("SELECT settle('22')").await;
    exchange.sql("SELECT generation.cancel_task(u('12'), NULL)").await;
    exchange.sql("UPDATE shift SET by = by + '2 hours'").await;
    exchange.sql("SELECT generation.fail_overdue(10)").await;

    assert_eq!(
        exchange.text(FINISHED).await,
        "completed stability 2 15 7 4.5; canceled none 0 22 0 0; \
         failed none 0 142 0 0 deadline_exceeded"
    );
    exchange.close().await;
}
