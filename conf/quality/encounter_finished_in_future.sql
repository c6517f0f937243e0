-- title: Started or finished encounters whose start is in the future
-- category: plausibility
-- tables: encounter
-- severity: amber
-- keys: id
SELECT id, status, start_time FROM encounter
WHERE status IN ('finished', 'in-progress', 'arrived', 'triaged', 'onleave') AND start_time > now() + INTERVAL '1 day'
