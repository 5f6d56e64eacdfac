-- $1 account, $2 below this line, $3 total below it (NULL: the present one), $4 kinds, $5 issuing accounts,
-- $6 from, $7 to, $8 entries to show, $9 entries to read. A last entry that is read and not shown tells where to go on.
WITH clock AS MATERIALIZED (
    SELECT aether.now() AS now
), overdue AS MATERIALIZED (
    -- What the next sweep will write (ledger.expire_wallet), key included. Numbered above every entry there will be.
    SELECT g.id, g.remaining, g.expires_at, g.sweeps + 1 AS seq,
           (1::bigint << 62) + row_number() OVER (ORDER BY g.expires_at, g.id) AS line
      FROM ledger.credit_grant g, clock c
     WHERE g.wallet = $1 AND g.live AND g.expires_at <= c.now
), start AS MATERIALIZED (
    SELECT coalesce($3, w.available
               + coalesce((SELECT sum(h.amount) FROM ledger.hold h
                            WHERE h.wallet = w.account AND h.state = 'open'), 0)
               - coalesce((SELECT sum(o.remaining) FROM overdue o), 0)) AS total
      FROM ledger.wallet w WHERE w.account = $1
), line AS (
    (SELECT j.line, j.ref, j.kind, j.seq, j.debit, j.created_at, -j.dir * j.gross AS amount
       FROM ledger.journal j WHERE j.debit = $1 AND j.line < $2 ORDER BY j.line DESC LIMIT $9)
    UNION ALL
    (SELECT j.line, j.ref, j.kind, j.seq, j.debit, j.created_at, j.dir * j.net
       FROM ledger.journal j WHERE j.credit = $1 AND j.line < $2 ORDER BY j.line DESC LIMIT $9)
    UNION ALL
    SELECT o.line, o.id, 'expire', o.seq, $1, o.expires_at, -o.remaining
      FROM overdue o WHERE o.line < $2
), chunk AS MATERIALIZED (
    SELECT l.*, ($4::text[] IS NULL OR (l.kind = ANY ($4) AND (l.kind <> 'issue' OR l.debit = ANY ($5))))
            AND ($6::timestamptz IS NULL OR l.created_at >= $6)
            AND ($7::timestamptz IS NULL OR l.created_at < $7) AS shown
      FROM line l ORDER BY l.line DESC LIMIT $9
), totalled AS (
    SELECT c.*, (SELECT total FROM start) + c.amount
                - sum(c.amount) OVER (ORDER BY c.line DESC ROWS UNBOUNDED PRECEDING) AS balance_after,
           row_number() OVER (ORDER BY c.line DESC) = $9 AS ends_chunk
      FROM chunk c
), page AS MATERIALIZED (
    SELECT t.* FROM totalled t WHERE t.shown OR t.ends_chunk ORDER BY t.line DESC LIMIT $8
)
SELECT p.line, p.ref AS reference, p.kind, p.seq, p.debit, p.created_at, p.amount, p.balance_after, p.shown,
       p.ends_chunk, t.id AS task_id, t.model,
       CASE WHEN g.id IS NOT NULL THEN ARRAY[g.id]
            WHEN p.kind = 'settle' THEN coalesce(h.grant_ids, '{}')
            -- A refund's grants are made in its transaction, under the same instant.
            WHEN p.kind = 'refund' THEN ARRAY(
                SELECT r.id FROM ledger.credit_grant r WHERE r.wallet = $1 AND r.created_at = p.created_at
                   AND r.source = 'refund' AND r.source_id = p.ref::text)
            ELSE '{}' END AS grant_ids
  FROM page p
  -- An entry is about a grant or about a hold, whose id is the task's where it was for one.
  LEFT JOIN ledger.credit_grant g ON g.id = p.ref
  LEFT JOIN ledger.hold h ON h.id = p.ref
  LEFT JOIN generation.task t ON t.id = h.id AND h.ref_kind = 'task'
 ORDER BY p.line DESC
