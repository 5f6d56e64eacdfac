-- What was paid of a day's budget, for one owner, one consumer and all together, is what the compensations of that day
-- say, and no more than the budget. Parked settlements are paid beyond budgets.
SELECT count(*)
  FROM (SELECT c.day, x.scope, x.subject, sum(c.paid) AS paid
          FROM generation.compensation c,
               LATERAL (VALUES ('owner', c.owner_id), ('consumer', c.consumer_id),
                               ('total', '00000000-0000-0000-0000-000000000000'::uuid)) AS x (scope, subject)
         WHERE c.kind <> 'parked' GROUP BY c.day, x.scope, x.subject) c
  FULL JOIN generation.compensation_budget b USING (day, scope, subject)
 WHERE coalesce(c.paid, 0) <> coalesce(b.paid, 0) OR b.paid > b.budget
