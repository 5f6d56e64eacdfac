-- Credits are moved, never made: all entries of all accounts cancel out.
SELECT CASE WHEN coalesce(sum(amount), 0) = 0 THEN 0 ELSE 1 END::bigint
  FROM ledger.posting
