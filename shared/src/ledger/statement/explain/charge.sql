-- $1 reference, $2 kind, $3 number: the two sides of a charge or of its refund, and how its price came about. Neither
-- resource nor owner: whose key it was is nobody's business.
SELECT j.dir * j.net AS to_owner, j.dir * j.fee AS to_platform, h.amount AS held, h.amount - h.charged AS returned,
       a.units, CASE WHEN NOT a.own THEN a.price_per_unit END AS per_unit, a.cost, a.choice
  FROM ledger.journal j
  JOIN ledger.hold h ON h.id = j.ref
  LEFT JOIN generation.attempt a ON a.id = j.attempt
 WHERE j.ref = $1 AND j.kind = $2 AND j.seq = $3
