-- The first 48 bits of a UUIDv7 are the milliseconds of its making.
SELECT t.status, count(*)::float8
  FROM generation.task t
 WHERE t.id >= (SELECT (lpad(to_hex((extract(epoch FROM aether.now() - interval '1 hour') * 1000)::bigint), 12, '0')
                        || '00000000000000000000')::uuid)
 GROUP BY t.status
