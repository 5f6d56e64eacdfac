-- Every credit of a grant remains, has expired, was revoked, or is a slice of an open or a settled hold.
SELECT count(*)
  FROM ledger.credit_grant g
  FULL JOIN (SELECT s.grant_id, sum(s.amount) AS used
               FROM ledger.hold h, unnest(h.grant_ids, h.grant_amounts) AS s (grant_id, amount)
              GROUP BY s.grant_id) h ON h.grant_id = g.id
 WHERE g.id IS NULL
    OR g.amount <> g.remaining + g.expired + g.revoked + coalesce(h.used, 0)
