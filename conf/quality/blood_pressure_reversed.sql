-- title: Blood pressures whose diastolic value is not below the systolic one
-- category: plausibility
-- tables: vital_signs
-- severity: amber
-- max-share: 0.001 of vital_signs
-- keys: id
SELECT id, systolic, diastolic FROM vital_signs WHERE diastolic >= systolic AND coalesce(status, '') <> 'entered-in-error'
