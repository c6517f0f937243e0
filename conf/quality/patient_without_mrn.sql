-- title: Patients without a medical record number
-- category: completeness
-- tables: patient
-- severity: amber
-- max-share: 0.01 of patient
-- keys: id
SELECT id FROM patient WHERE coalesce(trim(mrn), '') = ''
