-- A hold's slices add up to all of it while open, to the charge once settled, to nothing once released.
SELECT count(*)
  FROM ledger.hold h
 WHERE (SELECT coalesce(sum(amount), 0) FROM unnest(h.grant_amounts) AS s (amount))
       <> CASE h.state WHEN 'open' THEN h.amount WHEN 'settled' THEN h.charged ELSE 0 END
    OR cardinality(h.grant_ids) <> cardinality(h.grant_amounts)
