SELECT t.id, t.user_id, t.status, t.requested_model, t.model, t.prompt, t.negative_prompt, t.aspect_ratio, t.seed,
       t.output_format, t.style_preset, t.route, t.credits_held, t.credits_cost, t.image_attempt, t.image_content_type,
       t.image_width, t.image_height, t.image_bytes, t.image_seed, t.image_sha256,
       t.image_deleted_at IS NOT NULL AS image_deleted, t.error_code, t.error_message, t.deadline,
       t.cancel_requested_at IS NOT NULL AS cancel_requested, t.created_at, t.started_at, t.completed_at,
       coalesce(m.favorite, false) AS favorite, coalesce(m.hidden, false) AS hidden, t.request_hash, a.attempts,
       d.units, CASE WHEN NOT d.own THEN d.price_per_unit END AS price_per_unit
  FROM generation.task t
  LEFT JOIN generation.task_mark m ON m.task_id = t.id
  LEFT JOIN generation.attempt d ON d.id = t.image_attempt,
       -- Neither resource nor owner: whose key it was is nobody's business.
       LATERAL (
       SELECT coalesce(jsonb_agg(jsonb_build_object('no', x.no, 'provider', x.provider, 'model', x.model,
                  'state', x.state, 'error_class', x.error_class, 'started_at', x.started_at,
                  'ended_at', x.ended_at) ORDER BY x.no), '[]') AS attempts
         FROM generation.attempt x WHERE x.task_id = t.id) a
