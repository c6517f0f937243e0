-- title: Observations dated in the future
-- category: plausibility
-- tables: observation
-- severity: amber
-- keys: id
SELECT id, effective_time FROM observation WHERE effective_time > now() + INTERVAL '1 day'
