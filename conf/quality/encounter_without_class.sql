-- title: Encounters without a class
-- category: completeness
-- tables: encounter
-- severity: amber
-- max-share: 0.01 of encounter
-- keys: id
SELECT id FROM encounter WHERE class_code IS NULL
