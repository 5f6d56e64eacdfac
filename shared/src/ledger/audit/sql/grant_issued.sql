-- An issued grant has exactly one issue entry, from its source's account into its wallet, and the other way round.
SELECT count(*)
  FROM (SELECT g.id, g.wallet, g.amount, CASE WHEN g.paid THEN g.amount ELSE 0 END AS paid, a.id AS issuer
          FROM ledger.credit_grant g
          LEFT JOIN ledger.account a ON a.kind = 'issuance' AND a.source = g.source
         WHERE g.source NOT IN ('refund', 'earnings')) g
  FULL JOIN (SELECT ref, debit, credit, gross, paid FROM ledger.journal WHERE kind = 'issue') j ON j.ref = g.id
 WHERE (g.id, g.issuer, g.wallet, g.amount, g.paid) IS DISTINCT FROM (j.ref, j.debit, j.credit, j.gross, j.paid)
