-- Over all attempts on their keys, an owner earned what the images (and the withheld outputs) are worth after
-- commission. An own key earns nothing.
SELECT count(*)
  FROM (SELECT owner_account AS account, sum(cost - round(cost * commission_rate, 6)) AS worth
          FROM generation.attempt WHERE (state IN ('delivered', 'surplus') OR billed) AND NOT own
         GROUP BY owner_account) a
  FULL JOIN (SELECT credit AS account, sum(net) AS earned
               FROM ledger.journal WHERE dir = 1 AND attempt IS NOT NULL
              GROUP BY credit) j USING (account)
 WHERE coalesce(worth, 0) <> coalesce(earned, 0)
