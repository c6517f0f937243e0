-- title: Observations whose patient is not in the table patient
-- category: conformance
-- tables: observation, patient
-- severity: amber
-- max-share: 0.01 of observation
-- keys: id
SELECT o.id, o.patient_id FROM observation AS o
WHERE NOT EXISTS (SELECT 1 FROM patient AS p WHERE p.id = o.patient_id)
