-- The journal has no foreign keys (they would cost half its insert rate), so this finds accounts nobody opened.
SELECT count(*)
  FROM (SELECT debit AS id FROM ledger.journal UNION SELECT credit FROM ledger.journal) named
  LEFT JOIN ledger.account a USING (id)
 WHERE a.id IS NULL
