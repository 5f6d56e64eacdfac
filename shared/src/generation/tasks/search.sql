-- Looks at the newest $11 tasks, reads a prompt only where nothing else excludes its task, and stops when $9 are found.
-- Of prompts made for it, strpos takes a third of the time of LIKE; a prompt is lowered once for all words.
SELECT l.id
  FROM (SELECT t.id, t.prompt, t.status, t.model, t.requested_model, t.created_at
          FROM generation.task t
         WHERE t.user_id = $1 AND ($2::uuid IS NULL OR t.id < $2)
         ORDER BY t.id DESC LIMIT $11) l
  LEFT JOIN generation.task_mark m ON m.task_id = l.id
 WHERE ($3::text IS NULL OR l.status = $3)
   AND ($4::text IS NULL OR l.model = $4 OR l.requested_model = $4)
   AND ($5::timestamptz IS NULL OR l.created_at >= $5)
   AND ($6::timestamptz IS NULL OR l.created_at < $6)
   AND ($7::boolean IS NULL OR coalesce(m.favorite, false) = $7) AND coalesce(m.hidden, false) = $8
   AND 0 < ALL (SELECT strpos(x.prompt, lower(w.word))
                  FROM (SELECT lower(l.prompt) AS prompt OFFSET 0) x, unnest($10::text[]) AS w (word))
 ORDER BY l.id DESC LIMIT $9
