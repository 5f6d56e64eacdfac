-- A wallet never looks for expired credits later than its first grant expires.
SELECT count(*)
  FROM ledger.wallet w
  JOIN (SELECT wallet, min(expires_at) AS first
          FROM ledger.credit_grant WHERE live GROUP BY wallet) g ON g.wallet = w.account
 WHERE w.next_expiry > g.first
