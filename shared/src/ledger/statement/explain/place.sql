-- $1 account, $2 reference, $3 kind, $4 number: where the entry stands in the wallet's history, and the total right
-- after it, which is the present one less all that came later. Entries that the next sweep will write are numbered as
-- in list.sql.
WITH clock AS MATERIALIZED (
    SELECT aether.now() AS now
), overdue AS MATERIALIZED (
    SELECT g.id, g.remaining, g.sweeps + 1 AS seq,
           (1::bigint << 62) + row_number() OVER (ORDER BY g.expires_at, g.id) AS line
      FROM ledger.credit_grant g, clock c
     WHERE g.wallet = $1 AND g.live AND g.expires_at <= c.now
), found AS MATERIALIZED (
    SELECT j.line FROM ledger.journal j
     WHERE j.ref = $2 AND j.kind = $3 AND j.seq = $4 AND (j.debit = $1 OR j.credit = $1)
    UNION ALL
    SELECT o.line FROM overdue o WHERE o.id = $2 AND $3 = 'expire' AND o.seq = $4
)
SELECT f.line,
       w.available
       + coalesce((SELECT sum(h.amount) FROM ledger.hold h WHERE h.wallet = w.account AND h.state = 'open'), 0)
       - coalesce((SELECT sum(o.remaining) FROM overdue o WHERE o.line <= f.line), 0)
       + coalesce((SELECT sum(j.dir * j.gross) FROM ledger.journal j WHERE j.debit = $1 AND j.line > f.line), 0)
       - coalesce((SELECT sum(j.dir * j.net) FROM ledger.journal j WHERE j.credit = $1 AND j.line > f.line), 0) AS total
  FROM found f JOIN ledger.wallet w ON w.account = $1
