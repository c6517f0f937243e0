-- title: Medical record numbers shared by several patients (merged patients excluded)
-- category: plausibility
-- tables: patient, patient_link
-- severity: amber
-- keys: mrn, id
WITH current_patient AS (
  SELECT id, trim(mrn) AS mrn FROM patient AS p
  WHERE coalesce(trim(mrn), '') <> ''
    AND NOT EXISTS (SELECT 1 FROM patient_link AS l WHERE l.id = p.id AND l.type = 'replaced-by')
)
SELECT id, mrn FROM current_patient
WHERE mrn IN (SELECT mrn FROM current_patient GROUP BY mrn HAVING count(DISTINCT id) > 1)
