-- title: Patients who died before they were born
-- category: plausibility
-- tables: patient
-- severity: amber
-- keys: id
SELECT id, birth_date, deceased_time FROM patient
WHERE birth_date > CAST(deceased_time AS date)
