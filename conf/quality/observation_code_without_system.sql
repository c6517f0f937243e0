-- title: Codes of observations without a code system
-- category: conformance
-- tables: observation_code
-- severity: amber
-- max-share: 0.01 of observation_code
-- keys: id, coding
SELECT id, coding, code FROM observation_code WHERE code IS NOT NULL AND system IS NULL
