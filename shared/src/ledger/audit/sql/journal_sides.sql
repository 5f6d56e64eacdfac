-- Each kind of money event runs between the kinds of accounts it is meant for; only refunds run backwards.
SELECT count(*)
  FROM ledger.journal j
  JOIN ledger.account d ON d.id = j.debit
  JOIN ledger.account c ON c.id = j.credit
 WHERE (j.dir = -1) <> (j.kind = 'refund')
    OR NOT CASE
           WHEN j.kind = 'issue' THEN d.kind = 'issuance' AND c.kind = 'wallet'
           WHEN j.kind IN ('settle', 'refund') THEN d.kind = 'wallet' AND c.kind IN ('owner', 'service')
           WHEN j.kind IN ('expire', 'expire_returned') THEN d.kind = 'wallet' AND c.kind = 'breakage'
           WHEN j.kind IN ('revoke', 'revoke_returned') THEN d.kind = 'wallet' AND c.kind IN ('issuance', 'platform')
           WHEN j.kind IN ('surplus', 'compensate') THEN d.kind = 'platform' AND c.kind = 'owner'
           WHEN j.kind = 'transfer' THEN d.kind = 'owner' AND c.kind = 'wallet'
           ELSE false
           END
