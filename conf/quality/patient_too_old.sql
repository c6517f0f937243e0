-- title: Patients without a death who are older than 120 years
-- category: plausibility
-- tables: patient
-- severity: amber
-- keys: id
SELECT id, birth_date FROM patient
WHERE birth_date < current_date - INTERVAL '120 years'
  AND deceased_time IS NULL AND NOT coalesce(deceased, false)
