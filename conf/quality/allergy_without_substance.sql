-- title: Allergies without a substance
-- category: completeness
-- tables: allergy_intolerance
-- severity: amber
-- max-share: 0.01 of allergy_intolerance
-- keys: id
SELECT id FROM allergy_intolerance WHERE code IS NULL AND display IS NULL AND code_text IS NULL
