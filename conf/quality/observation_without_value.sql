-- title: Final observations without a value, parts, or a reason for having none
-- category: completeness
-- tables: observation, observation_component
-- severity: amber
-- max-share: 0.02 of observation
-- keys: id
SELECT o.id, o.category, o.code FROM observation AS o
WHERE o.status IN ('final', 'amended', 'corrected')
  AND o.value IS NULL AND o.value_code IS NULL AND o.value_display IS NULL AND o.value_text IS NULL
  AND o.value_boolean IS NULL AND o.value_integer IS NULL AND o.value_time IS NULL
  AND o.value_low IS NULL AND o.value_high IS NULL AND o.value_numerator IS NULL AND o.value_samples IS NULL
  AND o.absent_reason_code IS NULL AND o.absent_reason IS NULL
  AND coalesce(cardinality(o.member_ids), 0) = 0
  AND NOT EXISTS (SELECT 1 FROM observation_component AS c WHERE c.id = o.id)
