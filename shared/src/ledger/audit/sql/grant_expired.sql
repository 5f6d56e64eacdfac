-- What expired in a wallet's grants is what its expiry entries took. Per wallet: a slice that came back expired is
-- booked under its hold.
SELECT count(*)
  FROM (SELECT wallet AS account, sum(expired) AS expired FROM ledger.credit_grant GROUP BY wallet) g
  FULL JOIN (SELECT debit AS account, sum(gross) AS gross
               FROM ledger.journal WHERE kind IN ('expire', 'expire_returned') GROUP BY debit) j USING (account)
 WHERE coalesce(expired, 0) <> coalesce(gross, 0)
