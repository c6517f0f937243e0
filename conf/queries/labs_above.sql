-- title: Laboratory results of one test from a value on
-- description: One row per result, the newest first; neither those that were withdrawn nor those known only to be less than a value
-- depends: lab_result
-- param loinc_code: code, the test
-- param least: decimal, the lowest value
-- param since: date (optional), not before this day
SELECT patient_id, effective_time, display, value, unit, is_outside, specimen
FROM lab_result
WHERE loinc_code = :loinc_code
  AND is_valid
  AND coalesce(comparator, '') NOT IN ('<', '<=')
  AND CAST(value AS DECIMAL(38, 10)) >= :least
  AND (CAST(:since AS VARCHAR(40)) IS NULL OR effective_time >= :since)
ORDER BY CAST(effective_time AS TIMESTAMP) DESC, id
