-- title: Patients without a birth date or a sex
-- category: completeness
-- tables: patient
-- severity: amber
-- max-share: 0.01 of patient
-- keys: id
SELECT id, birth_date, gender FROM patient WHERE birth_date IS NULL OR gender IS NULL
