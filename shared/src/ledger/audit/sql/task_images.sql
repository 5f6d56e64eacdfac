-- A completed task shows the image of a delivered attempt of its own, made by the model it names, and costs what its
-- hold was charged.
SELECT count(*)
  FROM generation.task t
  LEFT JOIN generation.attempt a ON a.id = t.image_attempt AND a.task_id = t.id AND a.state = 'delivered'
  LEFT JOIN ledger.hold h ON h.id = t.id
 WHERE t.status IN ('completed', 'refunded')
   AND (t.model, t.credits_cost, t.credits_cost) IS DISTINCT FROM (a.model, a.cost, h.charged)
