-- title: Patients who are not born yet
-- category: plausibility
-- tables: patient
-- severity: amber
-- keys: id
SELECT id, birth_date FROM patient WHERE birth_date > current_date + 1
