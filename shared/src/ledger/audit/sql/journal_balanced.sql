-- Every journal row is a positive amount that splits into what the receiver gets and the fee.
SELECT count(*)
  FROM ledger.journal
 WHERE gross <> net + fee OR gross <= 0 OR net < 0 OR fee < 0 OR NOT paid BETWEEN 0 AND gross
