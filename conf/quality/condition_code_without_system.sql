-- title: Codes of conditions without a code system
-- category: conformance
-- tables: condition_code
-- severity: amber
-- max-share: 0.01 of condition_code
-- keys: id, coding
SELECT id, coding, code FROM condition_code WHERE code IS NOT NULL AND system IS NULL
