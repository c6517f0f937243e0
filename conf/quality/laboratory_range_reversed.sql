-- title: Laboratory results whose reference range ends before it begins
-- category: plausibility
-- tables: laboratory_result
-- severity: amber
-- keys: id
SELECT id, loinc_code, reference_low, reference_high FROM laboratory_result WHERE reference_low > reference_high
