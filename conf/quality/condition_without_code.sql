-- title: Conditions with neither a code nor a text
-- category: completeness
-- tables: condition
-- severity: amber
-- max-share: 0.01 of condition
-- keys: id
SELECT id FROM condition WHERE code IS NULL AND code_text IS NULL AND display IS NULL
