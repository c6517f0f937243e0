-- title: Encounters whose patient is not in the table patient
-- category: conformance
-- tables: encounter, patient
-- severity: amber
-- max-share: 0.01 of encounter
-- keys: id
SELECT e.id, e.patient_id FROM encounter AS e
WHERE e.patient_id IS NULL OR NOT EXISTS (SELECT 1 FROM patient AS p WHERE p.id = e.patient_id)
