-- title: Laboratory results with specimen, range and class
-- description: One row per laboratory result (Observation of the category laboratory), with its specimen, its normal reference range and the class of its LOINC code
-- question: Which patients had a potassium outside of its range last year, and from which specimen?
-- depends: laboratory_result, specimen, practitioner, lookup loinc_class (optional: system, code, class, panel)
-- key: _resource_id
-- touched by specimen: SELECT o._resource_id FROM laboratory_result AS o JOIN changed AS c ON o.specimen_id = c.id
-- touched by practitioner: SELECT o._resource_id FROM laboratory_result AS o JOIN changed AS c ON o.performer_id = c.id
-- column id: Key of the result: observation.id
-- column patient_id: Key of the patient: patient.id
-- column encounter_id: Key of the encounter: encounter.id
-- column status: Status of the result, such as final, corrected or entered-in-error
-- column is_valid: False if the result was withdrawn as an error or the measurement was cancelled: leave such rows out when you count
-- column effective_time: When the specimen was taken or the measurement made
-- column issued_time: When the result was made available
-- column loinc_code: LOINC code of the test
-- column system: Code system of code
-- column code: Code of the test: LOINC's, else the source's own
-- column display: Name of the test
-- column test_class: Class of the test by the lookup loinc_class, such as chemistry; null if the lookup does not list the code
-- column panel: Panel that the test is commonly ordered in, by the same lookup
-- column value (decimal): Value, including whole numbers; its unit is in unit
-- column unit: Unit of value
-- column unit_code: UCUM code of the unit
-- column comparator: <, <=, >= or > if value is a bound
-- column value_code: Code of a value that is not a number
-- column value_text: Value as text
-- column value_boolean: Value that is yes or no
-- column value_time: Value that is a date or time
-- column value_low: Lower end of a value that is a range
-- column value_high: Upper end of a value that is a range
-- column value_numerator: First number of a ratio, such as 1 of the titer 1:64
-- column value_denominator: Second number of a ratio, such as 64 of the titer 1:64
-- column absent_reason: Why there is no value
-- column interpretation: Interpretation by the laboratory, such as H, L or N
-- column interpretation_text: Interpretation as text; some sources send nothing else
-- column reference_low (decimal): Lower limit of the reference range, in the unit of value: the normal range; if there is none, the first range without a type, then the first range
-- column reference_high (decimal): Upper limit of the reference range, in the unit of value
-- column reference_text: Reference range as text
-- column reference_type: What the reference range is for, such as normal or therapeutic
-- column is_range_from_text: Whether both limits were read from a range given as text, such as 65-99, because the source has no numbers
-- column is_outside: Whether value is outside the reference range; empty if there is no number or no limit, if value is only a bound, or if the range has another type than normal, such as critical
-- column specimen_id: Key of the specimen: specimen.id
-- column specimen: Kind of specimen, such as Blood
-- column accession: Accession number of the specimen
-- column collected_time: When the specimen was taken
-- column received_time: When the laboratory received it
-- column body_site: Where it was taken from
-- column performer: Name of the performer, from the result or, if it has none, from the Practitioner
-- column service_request_id: Key of the order that it answers: service_request.id
-- column note: Comments on the result
-- index: loinc_code, code, effective_time
WITH worded AS (
  -- Many laboratories send a range in words only: the whole text is "65-99", or it counts as words.
  SELECT
    o.*,
    coalesce(o.value, CAST(o.value_integer AS STRING)) AS number,
    CASE
      WHEN o.reference_low IS NULL AND o.reference_high IS NULL
        AND o.reference_text RLIKE '^ *[0-9]+([.][0-9]+)? *- *[0-9]+([.][0-9]+)? *$'
      THEN split(trim(o.reference_text), ' *- *')
    END AS words
  FROM laboratory_result AS o
),
ranged AS (
  SELECT
    w.*,
    try_cast(w.words[0] AS DECIMAL(38, 10)) <= try_cast(w.words[1] AS DECIMAL(38, 10)) AS is_range
  FROM worded AS w
),
limited AS (
  SELECT
    r.*,
    CASE WHEN r.is_range THEN r.words[0] ELSE r.reference_low END AS low,
    CASE WHEN r.is_range THEN r.words[1] ELSE r.reference_high END AS high
  FROM ranged AS r
)
SELECT
  o.id,
  o.patient_id,
  o.encounter_id,
  o.status,
  coalesce(o.status, '') NOT IN ('entered-in-error', 'cancelled') AS is_valid,
  o.effective_time,
  o.issued_time,
  o.loinc_code,
  o.system,
  o.code,
  o.display,
  l.class AS test_class,
  l.panel,
  o.number AS value,
  o.unit,
  o.unit_code,
  o.comparator,
  o.value_code,
  o.value_text,
  o.value_boolean,
  o.value_time,
  o.value_low,
  o.value_high,
  o.value_numerator,
  o.value_denominator,
  coalesce(o.absent_reason, o.absent_reason_code) AS absent_reason,
  o.interpretation,
  o.interpretation_text,
  o.low AS reference_low,
  o.high AS reference_high,
  o.reference_text,
  coalesce(o.reference_type, o.reference_type_code) AS reference_type,
  coalesce(o.is_range, false) AS is_range_from_text,
  CASE
    WHEN o.comparator IS NOT NULL OR o.number IS NULL OR coalesce(o.reference_type_code, 'normal') <> 'normal' THEN NULL
    WHEN try_cast(o.number AS DECIMAL(38, 10)) < try_cast(o.low AS DECIMAL(38, 10)) THEN true
    WHEN try_cast(o.number AS DECIMAL(38, 10)) > try_cast(o.high AS DECIMAL(38, 10)) THEN true
    WHEN o.low IS NOT NULL OR o.high IS NOT NULL THEN false
  END AS is_outside,
  o.specimen_id,
  coalesce(s.type, o.specimen) AS specimen,
  s.accession,
  s.collected_time,
  s.received_time,
  s.body_site,
  coalesce(o.performer, p.name) AS performer,
  o.service_request_id,
  o.note,
  coalesce(o.restricted OR s.restricted OR p.restricted, false) AS restricted,
  o._resource_id
FROM limited AS o
LEFT JOIN specimen AS s ON s.id = o.specimen_id
LEFT JOIN practitioner AS p ON p.id = o.performer_id
LEFT JOIN loinc_class AS l ON l.code = o.loinc_code AND l.system = 'http://loinc.org'
