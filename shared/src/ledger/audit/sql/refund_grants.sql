-- What was refunded of a hold came back as grants, paid for as much as what was spent.
SELECT count(*)
  FROM (SELECT id::text AS hold, wallet, refunded, refunded_paid FROM ledger.hold WHERE refunded > 0) h
  FULL JOIN (SELECT source_id AS hold, min(wallet) AS wallet, sum(amount) AS amount,
                    coalesce(sum(amount) FILTER (WHERE paid), 0) AS paid
               FROM ledger.credit_grant WHERE source = 'refund' GROUP BY source_id) g USING (hold)
 WHERE (h.wallet, h.refunded, h.refunded_paid) IS DISTINCT FROM (g.wallet, g.amount, g.paid)
