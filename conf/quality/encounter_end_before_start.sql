-- title: Encounters that end before they begin
-- category: plausibility
-- tables: encounter
-- severity: amber
-- keys: id
SELECT id, start_time, end_time FROM encounter WHERE end_time < start_time
