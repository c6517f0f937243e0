-- title: Vital signs outside the range of a living person
-- category: plausibility
-- tables: vital_signs
-- severity: amber
-- max-share: 0.001 of vital_signs
-- keys: id
WITH bounds (loinc_code, unit_code, low, high) AS (
  VALUES
    ('8867-4', '/min', 10, 350), ('9279-1', '/min', 2, 120),
    ('2708-6', '%', 20, 100), ('59408-5', '%', 20, 100),
    ('8310-5', 'Cel', 20, 46), ('8310-5', '[degF]', 68, 115),
    ('8302-2', 'cm', 20, 275), ('8302-2', '[in_i]', 8, 108),
    ('29463-7', 'kg', 0.2, 650), ('29463-7', 'g', 200, 650000), ('29463-7', '[lb_av]', 0.4, 1433), ('29463-7', '[oz_av]', 7, 22930),
    ('39156-5', 'kg/m2', 4, 210)
)
SELECT v.id, v.loinc_code, v.value, v.unit_code, v.systolic, v.diastolic FROM vital_signs AS v
LEFT JOIN bounds AS b ON b.loinc_code = v.loinc_code AND b.unit_code = v.unit_code
WHERE coalesce(v.status, '') <> 'entered-in-error'
  AND (v.value < b.low OR v.value > b.high OR v.systolic NOT BETWEEN 20 AND 400 OR v.diastolic NOT BETWEEN 5 AND 300)
