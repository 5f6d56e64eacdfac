-- Every image nobody was charged for, and every output the provider billed and withheld, has one compensation (unless
-- the key was the consumer's own), and nothing else has: due is the cost, at most the reference cost (for a parked
-- settlement the cost), and what was paid is no more, with a reason where it is less.
SELECT count(*)
  FROM (SELECT a.id, a.task_id, a.owner_id, t.user_id, a.cost, least(a.cost, a.reference_cost) AS due,
               CASE a.state WHEN 'surplus' THEN 'surplus' ELSE 'compensate' END AS kind
          FROM generation.attempt a JOIN generation.task t ON t.id = a.task_id
         WHERE (a.state = 'surplus' OR a.billed) AND NOT a.own) a
  FULL JOIN generation.compensation c ON c.attempt = a.id
 WHERE (a.id, a.task_id, a.owner_id, a.user_id, CASE c.kind WHEN 'parked' THEN a.cost ELSE a.due END)
       IS DISTINCT FROM (c.attempt, c.task_id, c.owner_id, c.consumer_id, c.due)
    OR c.kind NOT IN ('parked', a.kind)
    OR c.paid NOT BETWEEN 0 AND c.due
    OR (c.paid < c.due) <> (c.reason IS NOT NULL)
