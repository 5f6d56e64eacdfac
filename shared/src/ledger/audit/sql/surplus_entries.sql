-- Every image nobody was charged for earned its owner exactly one entry from the platform (unless nothing would be left
-- after the fee, or the key was the consumer's own), and nothing else did.
SELECT count(*)
  FROM (SELECT id, task_id, no::int AS no, owner_account, cost, round(cost * commission_rate, 6) AS fee
          FROM generation.attempt
         WHERE state = 'surplus' AND NOT own AND cost > round(cost * commission_rate, 6)) a
  FULL JOIN (SELECT attempt, ref, seq, credit, gross, fee FROM ledger.journal WHERE kind = 'surplus') j
    ON j.ref = a.task_id AND j.seq = a.no
 WHERE (a.id, a.owner_account, a.cost, a.fee) IS DISTINCT FROM (j.attempt, j.credit, j.gross, j.fee)
