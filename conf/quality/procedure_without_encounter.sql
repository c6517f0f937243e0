-- title: Procedures whose encounter is not in the table encounter
-- category: conformance
-- tables: procedure, encounter
-- severity: amber
-- max-share: 0.05 of procedure
-- keys: id
SELECT r.id, r.encounter_id FROM procedure AS r
WHERE r.encounter_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM encounter AS e WHERE e.id = r.encounter_id)
