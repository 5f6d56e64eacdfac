-- Every entry runs between the kinds of accounts that its kind is meant for, in the direction that its kind has.
SELECT count(*)
  FROM ledger.journal j
  JOIN ledger.account d ON d.id = j.debit
  JOIN ledger.account c ON c.id = j.credit
  LEFT JOIN ledger.entry_rule r ON r.kind = j.kind
 WHERE r.kind IS NULL OR j.dir <> r.dir OR NOT d.kind = ANY (r.debit_kinds) OR NOT c.kind = ANY (r.credit_kinds)
