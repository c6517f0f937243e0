-- title: Encounters that begin more than a year before the patient is born
-- category: plausibility
-- tables: encounter, patient
-- severity: amber
-- keys: id
SELECT e.id, e.patient_id, e.start_time, p.birth_date
FROM encounter AS e JOIN patient AS p ON p.id = e.patient_id
WHERE CAST(e.start_time AS date) < p.birth_date - INTERVAL '1 year'
