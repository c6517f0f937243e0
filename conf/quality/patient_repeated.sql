-- title: Patients with more than one row
-- category: conformance
-- tables: patient
-- severity: red
-- keys: id
SELECT id, count(*) AS row_count FROM patient GROUP BY id HAVING count(*) > 1
