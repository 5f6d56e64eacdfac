-- A task is charged exactly what its delivered attempt says, to that attempt's owner, at that attempt's rate. A
-- service's charge has no attempt.
SELECT count(*)
  FROM ledger.journal j
  JOIN ledger.hold h ON h.id = j.ref
  LEFT JOIN generation.attempt a ON a.id = j.attempt
 WHERE j.kind = 'settle'
   AND CASE WHEN h.ref_kind = 'task'
            THEN (j.ref, j.credit, j.gross, j.fee, 'delivered')
                 IS DISTINCT FROM (a.task_id, a.owner_account, a.cost, round(a.cost * a.commission_rate, 6), a.state)
            ELSE j.attempt IS NOT NULL END
