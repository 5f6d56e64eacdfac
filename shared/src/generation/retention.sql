WITH bound AS (
    SELECT n.at - $1 AS ended,
           -- The first 48 bits of a UUIDv7 are the milliseconds of its making.
           (lpad(to_hex(greatest(0, extract(epoch FROM n.at - $1 + interval '1 hour') * 1000)::bigint), 12, '0')
            || '00000000000000000000')::uuid AS made
      FROM (SELECT aether.now() AS at) n
)
SELECT t.id AS task,
       coalesce(array_agg(a.id) FILTER (WHERE a.state IN ('delivered', 'surplus', 'unknown')), '{}') AS attempts
  FROM (SELECT k.id
          FROM generation.task k
         WHERE k.id > $2 AND k.id < (SELECT made FROM bound)
           AND k.completed_at <= (SELECT ended FROM bound)
           AND k.image_deleted_at IS NULL AND k.attempts_started > 0
           AND NOT EXISTS (SELECT FROM generation.attempt c WHERE c.task_id = k.id AND c.state = 'calling')
         ORDER BY k.id
         LIMIT $3) t
  JOIN generation.attempt a ON a.task_id = t.id
 GROUP BY t.id
 ORDER BY t.id
