-- title: Conditions that end before they begin
-- category: plausibility
-- tables: condition
-- severity: amber
-- max-share: 0.001 of condition
-- keys: id
SELECT id, onset_time, abatement_time FROM condition WHERE abatement_time < onset_time
