-- A rolled-up balance is the journal below the watermark: older transactions, and whatever a rebuild folded in.
WITH folded AS (
    SELECT e.account, sum(e.amount) AS amount
      FROM ledger.posting e, ledger.rollup r
     WHERE (e.xid < r.upto OR e.line <= r.base_line)
       AND NOT EXISTS (SELECT FROM ledger.wallet w WHERE w.account = e.account)
     GROUP BY e.account
)
SELECT count(*)
  FROM ledger.balance b
  FULL JOIN folded f USING (account)
 WHERE coalesce(b.balance, 0) <> coalesce(f.amount, 0)
