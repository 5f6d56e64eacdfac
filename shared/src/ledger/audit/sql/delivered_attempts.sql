-- An attempt counts as delivered only if its image is the one its task shows: at most one per task.
SELECT count(*)
  FROM generation.attempt a
  LEFT JOIN generation.task t ON t.id = a.task_id AND t.image_attempt = a.id
 WHERE a.state = 'delivered' AND t.id IS NULL
