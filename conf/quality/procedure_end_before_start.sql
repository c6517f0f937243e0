-- title: Procedures that end before they begin
-- category: plausibility
-- tables: procedure
-- severity: amber
-- keys: id
SELECT id, start_time, end_time FROM procedure WHERE end_time < start_time
