-- title: Immunizations before the patient is born
-- category: plausibility
-- tables: immunization, patient
-- severity: amber
-- keys: id
SELECT i.id, i.patient_id, i.occurrence_time, p.birth_date
FROM immunization AS i JOIN patient AS p ON p.id = i.patient_id
WHERE CAST(i.occurrence_time AS date) < p.birth_date - 1
