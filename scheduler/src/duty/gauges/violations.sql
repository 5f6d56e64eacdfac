SELECT name, violations::float8, extract(epoch FROM (SELECT aether.now()) - checked_at)::float8
  FROM ops.audit_result
 WHERE name = ANY ($1)
