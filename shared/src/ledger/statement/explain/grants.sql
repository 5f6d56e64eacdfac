-- $1 account, $2 reference, $3 kind, $4 when, $5 the credits it moved: the grants of an entry, and how much of each.
SELECT g.id, g.source, x.amount
  FROM ledger.hold h, unnest(h.grant_ids, h.grant_amounts) WITH ORDINALITY AS x (grant_id, amount, ord)
  JOIN ledger.credit_grant g ON g.id = x.grant_id
 WHERE h.id = $2 AND $3 = 'settle'
UNION ALL
-- A refund's grants are made in its transaction, under the same instant.
SELECT r.id, r.source, r.amount
  FROM ledger.credit_grant r
 WHERE $3 = 'refund' AND r.wallet = $1 AND r.created_at = $4 AND r.source = 'refund' AND r.source_id = $2::text
UNION ALL
SELECT g.id, g.source, $5 FROM ledger.credit_grant g WHERE g.id = $2 AND $3 NOT IN ('settle', 'refund')
