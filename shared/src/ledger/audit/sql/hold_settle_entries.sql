-- A settled hold has exactly one settle entry with the same charge, fee and paid part (none if nothing was charged); an
-- open or released hold has none; no settle entry is without its hold.
SELECT count(*)
  FROM ledger.hold h
  FULL JOIN (SELECT ref, count(*) AS entries, sum(gross) AS gross, sum(fee) AS fee, sum(paid) AS paid,
                    min(debit) AS wallet
               FROM ledger.journal WHERE kind = 'settle' GROUP BY ref) j ON j.ref = h.id
 WHERE h.id IS NULL
    OR CASE WHEN h.state = 'settled' AND h.charged > 0
            THEN (j.entries, j.gross, j.fee, j.paid, j.wallet)
                 IS DISTINCT FROM (1::bigint, h.charged, h.fee, h.paid, h.wallet)
            ELSE j.ref IS NOT NULL END
