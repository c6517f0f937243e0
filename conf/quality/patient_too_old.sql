-- title: Patients older than 120 years with no death recorded
-- category: plausibility
-- tables: patient
-- severity: amber
-- keys: id
SELECT id, birth_date FROM patient
WHERE birth_date < current_date - INTERVAL '120 years'
  AND deceased_time IS NULL AND NOT coalesce(deceased, false)
