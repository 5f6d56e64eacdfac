-- A task that waits or runs has an open hold, one with an image a settled one, one that ended without a released one;
-- each task has its hold and each such hold its task.
SELECT count(*)
  FROM generation.task t
  FULL JOIN (SELECT id, wallet, amount, state FROM ledger.hold WHERE ref_kind = 'task') h ON h.id = t.id
 WHERE (t.id, t.wallet, t.credits_held, CASE WHEN t.status IN ('pending', 'processing') THEN 'open'
                                             WHEN t.status IN ('completed', 'refunded') THEN 'settled'
                                             ELSE 'released' END)
       IS DISTINCT FROM (h.id, h.wallet, h.amount, h.state)
