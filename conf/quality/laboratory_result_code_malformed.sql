-- title: Laboratory results whose LOINC code is malformed
-- category: conformance
-- tables: laboratory_result
-- severity: amber
-- max-share: 0.01 of laboratory_result
-- keys: id
-- A LOINC code is digits, a hyphen and a check digit, such as 2345-7. Other codes under LOINC's name are mostly those of the site.
SELECT id, loinc_code, display FROM laboratory_result WHERE loinc_code !~ '^[0-9]{1,7}-[0-9]$'
