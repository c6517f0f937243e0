-- title: Prescriptions without a drug: no code, no name, no Medication
-- category: completeness
-- tables: medication_request
-- severity: amber
-- keys: id
SELECT id FROM medication_request
WHERE code IS NULL AND display IS NULL AND medication_text IS NULL AND medication_display IS NULL AND medication_id IS NULL
