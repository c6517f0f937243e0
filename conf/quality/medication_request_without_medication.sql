-- title: Prescriptions whose Medication is not in the table medication
-- category: conformance
-- tables: medication_request, medication
-- severity: amber
-- max-share: 0.01 of medication_request
-- keys: id
SELECT r.id, r.medication_id FROM medication_request AS r
WHERE r.medication_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM medication AS m WHERE m.id = r.medication_id)
