-- title: Laboratory results without a LOINC code
-- category: conformance
-- tables: laboratory_result
-- severity: amber
-- max-share: 0.2 of laboratory_result
-- keys: id
SELECT id, display FROM laboratory_result WHERE loinc_code IS NULL
