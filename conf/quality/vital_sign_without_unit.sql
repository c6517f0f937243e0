-- title: Vital signs with a number and no unit
-- category: conformance
-- tables: vital_signs
-- severity: amber
-- max-share: 0.01 of vital_signs
-- keys: id
SELECT id, loinc_code, value FROM vital_signs WHERE value IS NOT NULL AND unit IS NULL AND unit_code IS NULL
