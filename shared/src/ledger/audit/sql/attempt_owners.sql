-- An attempt is on an own key exactly if the key's owner is the consumer, and its owner is paid on their own account.
SELECT count(*)
  FROM generation.attempt a
  LEFT JOIN generation.task t ON t.id = a.task_id
  LEFT JOIN ledger.account o ON o.id = a.owner_account AND o.kind = 'owner'
 WHERE a.own IS DISTINCT FROM (a.owner_id = t.user_id) OR o.user_id IS DISTINCT FROM a.owner_id
