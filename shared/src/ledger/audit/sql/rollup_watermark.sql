-- Transaction numbers of this cluster only: after a restore elsewhere the watermark may lie in the future, and rows
-- written before it comes true would never be folded. `ctl rebuild-balances` repairs.
SELECT (SELECT count(*) FROM ledger.rollup WHERE upto > n.xid)
     + (SELECT count(*) FROM ledger.journal j, ledger.rollup r WHERE j.xid >= n.xid AND j.line > r.base_line)
     + (SELECT CASE count(*) WHEN 1 THEN 0 ELSE 1 END FROM ledger.rollup)
  FROM (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xid) n
