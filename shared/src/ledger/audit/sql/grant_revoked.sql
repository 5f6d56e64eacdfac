-- What was revoked from a wallet's grants is what its revocation entries took.
SELECT count(*)
  FROM (SELECT wallet AS account, sum(revoked) AS revoked FROM ledger.credit_grant GROUP BY wallet) g
  FULL JOIN (SELECT debit AS account, sum(gross) AS gross
               FROM ledger.journal WHERE kind IN ('revoke', 'revoke_returned') GROUP BY debit) j USING (account)
 WHERE coalesce(revoked, 0) <> coalesce(gross, 0)
