-- Over all attempts on their keys, an owner earned what the images are worth after commission, and what was paid for
-- those that nobody was charged for. An own key earns nothing.
SELECT count(*)
  FROM (SELECT a.owner_account AS account, sum(p.gross - round(p.gross * a.commission_rate, 6)) AS worth
          FROM generation.attempt a
          LEFT JOIN generation.compensation c ON c.attempt = a.id,
               LATERAL (SELECT CASE a.state WHEN 'delivered' THEN a.cost ELSE coalesce(c.paid, 0) END AS gross) p
         WHERE (a.state IN ('delivered', 'surplus') OR a.billed) AND NOT a.own
         GROUP BY a.owner_account) a
  FULL JOIN (SELECT credit AS account, sum(net) AS earned
               FROM ledger.journal WHERE dir = 1 AND attempt IS NOT NULL
              GROUP BY credit) j USING (account)
 WHERE coalesce(worth, 0) <> coalesce(earned, 0)
