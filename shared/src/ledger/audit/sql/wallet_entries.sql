-- What a wallet has (available and held) is what its entries add up to. Full joins: an account without a wallet and a
-- hold without either are found too.
SELECT count(*)
  FROM (SELECT account, available FROM ledger.wallet) w
  FULL JOIN (SELECT wallet AS account, sum(amount) AS held
               FROM ledger.hold WHERE state = 'open' GROUP BY wallet) h USING (account)
  FULL JOIN (SELECT e.account, sum(e.amount) AS entries
               FROM ledger.posting e JOIN ledger.account a ON a.id = e.account AND a.kind = 'wallet'
              GROUP BY e.account) j USING (account)
 WHERE coalesce(available, 0) + coalesce(held, 0) <> coalesce(entries, 0)
