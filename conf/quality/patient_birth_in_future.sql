-- title: Patients with a birth date in the future
-- category: plausibility
-- tables: patient
-- severity: amber
-- keys: id
SELECT id, birth_date FROM patient WHERE birth_date > current_date + 1
