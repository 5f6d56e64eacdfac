-- A hold takes slices only from grants of its own wallet, and knows which part of them was paid for.
WITH slice AS (
    SELECT h.id, bool_and(coalesce(g.wallet = h.wallet, false) AND s.amount > 0) AS own,
           sum(s.amount) FILTER (WHERE g.paid) AS paid
      FROM ledger.hold h, unnest(h.grant_ids, h.grant_amounts) AS s (grant_id, amount)
      LEFT JOIN ledger.credit_grant g ON g.id = s.grant_id
     GROUP BY h.id
)
SELECT count(*)
  FROM ledger.hold h
  LEFT JOIN slice s ON s.id = h.id
 WHERE NOT coalesce(s.own, true) OR h.paid <> coalesce(s.paid, 0)
