-- What an admin had the platform pay for a parked settlement is exactly one entry to its owner, and no other such entry
-- is there.
SELECT count(*)
  FROM (SELECT c.attempt, c.task_id, a.no::int AS no, a.owner_account, c.paid,
               round(c.paid * a.commission_rate, 6) AS fee
          FROM generation.compensation c JOIN generation.attempt a ON a.id = c.attempt
         WHERE c.kind = 'parked' AND c.paid > 0) c
  FULL JOIN (SELECT attempt, ref, seq, credit, gross, fee FROM ledger.journal WHERE kind = 'parked') j
    ON j.ref = c.task_id AND j.seq = c.no
 WHERE (c.attempt, c.owner_account, c.paid, c.fee) IS DISTINCT FROM (j.attempt, j.credit, j.gross, j.fee)
