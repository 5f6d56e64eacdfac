-- What a wallet has available is what remains of its grants.
SELECT count(*)
  FROM (SELECT account, available FROM ledger.wallet) w
  FULL JOIN (SELECT wallet AS account, sum(remaining) AS remaining
               FROM ledger.credit_grant GROUP BY wallet) g USING (account)
 WHERE coalesce(available, 0) <> coalesce(remaining, 0)
