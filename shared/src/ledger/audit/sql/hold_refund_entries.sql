-- What a hold says was refunded, and of that the fee and the paid part, is what its refund entries gave back; never
-- more than was taken.
SELECT count(*)
  FROM (SELECT * FROM ledger.hold WHERE refunded <> 0 OR refunded_fee <> 0 OR refunded_paid <> 0) h
  FULL JOIN (SELECT ref, sum(gross) AS gross, sum(fee) AS fee, sum(paid) AS paid, min(debit) AS debit,
                    max(debit) AS debit_max
               FROM ledger.journal WHERE kind = 'refund' GROUP BY ref) j ON j.ref = h.id
 WHERE (h.id, h.refunded, h.refunded_fee, h.refunded_paid, h.wallet, h.wallet)
       IS DISTINCT FROM (j.ref, j.gross, j.fee, j.paid, j.debit, j.debit_max)
    OR h.refunded > h.charged OR h.refunded_fee > h.fee OR h.refunded_paid > h.paid
