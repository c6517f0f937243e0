-- title: One row per patient
-- description: One row per Patient, with counts, dates and the newest measurements. It has birth_date but no age, because an age changes every day
-- question: Which patients over 65 have an A1c above 8 and no visit for a year?
-- depends: patient, visit_class, condition, medication_request, allergy_intolerance, immunization, vital_signs, laboratory_result
-- key: _resource_id
-- touched by visit_class: SELECT patient_id FROM changed
-- touched by condition: SELECT patient_id FROM changed
-- touched by medication_request: SELECT patient_id FROM changed
-- touched by allergy_intolerance: SELECT patient_id FROM changed
-- touched by immunization: SELECT patient_id FROM changed
-- touched by vital_signs: SELECT patient_id FROM changed
-- touched by laboratory_result: SELECT patient_id FROM changed
-- column id: Key of the patient: patient.id
-- column mrn: Medical record number
-- column gender: Administrative gender
-- column birth_date: Date of birth
-- column is_deceased: Whether the patient has died
-- column deceased_time: When the patient died
-- column race: Race as text
-- column ethnicity: Ethnicity as text
-- column language: Preferred language
-- column postal_code: Postal code
-- column encounters: How many visits there are, without cancelled and withdrawn ones
-- column inpatient_stays: How many of the visits are inpatient stays; null if the class of one is a code that the lookup encounter_class does not list
-- column emergency_visits: How many of the visits are emergency visits; null if the class of one is not known
-- column first_visit: When the first visit began
-- column last_visit: When the last visit began
-- column active_problems: How many entries of the problem list are active
-- column active_drug_orders: How many orders of drugs are active, without plans and proposals, those that ask not to give one, and drugs that were only reported
-- column reported_drugs: How many active drugs were only reported, not ordered here
-- column allergies: How many current allergies and intolerances there are, without "no known allergies" and without inactive and resolved ones
-- column immunizations: How many immunizations were given
-- column systolic (decimal): Newest systolic blood pressure that has a diastolic one, in mmHg, without means
-- column diastolic (decimal): Diastolic blood pressure of the measurement in systolic, in mmHg
-- column blood_pressure_time: When systolic and diastolic were measured
-- column weight (decimal): Newest body weight; its unit is in weight_unit
-- column weight_unit: Unit of weight
-- column weight_time: When weight was measured
-- column bmi (decimal): Newest body mass index, in kg/m2
-- column bmi_time: When bmi was measured
-- column a1c (decimal): Newest hemoglobin A1c, in percent
-- column a1c_comparator: <, <=, >= or > if a1c is a bound
-- column a1c_time: When a1c was measured
-- column creatinine (decimal): Newest creatinine in blood or serum; its unit is in creatinine_unit
-- column creatinine_unit: Unit of creatinine
-- column creatinine_comparator: <, <=, >= or > if creatinine is a bound
-- column creatinine_time: When creatinine was measured
-- index: mrn
WITH visits AS (
  SELECT
    patient_id,
    count(*) AS encounters,
    -- A site's code that nobody translated is neither inpatient nor not: the counts are empty then, as 0 would be a claim.
    CASE WHEN count(class) = count(*) THEN count_if(class IN ('IMP', 'ACUTE', 'NONAC')) END AS inpatient_stays,
    CASE WHEN count(class) = count(*) THEN count_if(class = 'EMER') END AS emergency_visits,
    min(try_cast(start_time AS TIMESTAMP)) AS first_visit,
    max(try_cast(start_time AS TIMESTAMP)) AS last_visit,
    bool_or(restricted) AS restricted
  FROM visit_class
  WHERE coalesce(status, '') NOT IN ('cancelled', 'entered-in-error', 'planned')
  GROUP BY patient_id
),
problems AS (
  SELECT patient_id, count(*) AS active_problems, bool_or(restricted) AS restricted
  FROM condition
  WHERE is_problem_list_item
    AND coalesce(clinical_status, 'active') IN ('active', 'recurrence', 'relapse')
    AND coalesce(verification_status, '') NOT IN ('entered-in-error', 'refuted')
    AND abatement_time IS NULL AND abatement_end IS NULL AND abatement_age IS NULL AND abatement_text IS NULL
  GROUP BY patient_id
),
orders AS (
  SELECT
    patient_id,
    count_if(NOT coalesce(reported, false) AND coalesce(intent, 'order') NOT IN ('proposal', 'plan', 'option')) AS active_drug_orders,
    count_if(reported) AS reported_drugs,
    bool_or(restricted) AS restricted
  FROM medication_request
  WHERE status = 'active' AND NOT coalesce(do_not_perform, false)
  GROUP BY patient_id
),
reactions AS (
  SELECT patient_id, count(*) AS allergies, bool_or(restricted) AS restricted
  FROM allergy_intolerance
  WHERE is_allergy AND coalesce(clinical_status, 'active') = 'active'
  GROUP BY patient_id
),
shots AS (
  SELECT patient_id, count(*) AS immunizations, bool_or(restricted) AS restricted FROM immunization WHERE status = 'completed' GROUP BY patient_id
),
pressed AS (
  SELECT patient_id, id, systolic AS upper_value, diastolic AS lower_value, try_cast(effective_time AS TIMESTAMP) AS at, restricted
  FROM vital_signs
  WHERE (systolic IS NOT NULL OR diastolic IS NOT NULL)
    AND coalesce(status, '') NOT IN ('entered-in-error', 'cancelled')
    AND coalesce(loinc_code, '') NOT IN ('96607-7', '96608-5', '96609-3') -- means are no measurements
),
measured AS (
  -- An Observation with both values is a measurement. Of two Observations those of the same moment are one, where there is one of each.
  SELECT
    patient_id, 'pressure' AS loinc_code, NULL AS value, NULL AS unit, NULL AS comparator,
    max(upper_value) AS systolic, max(lower_value) AS diastolic, max(id) AS id, at, bool_or(restricted) AS restricted
  FROM pressed
  GROUP BY patient_id, at, CASE WHEN at IS NULL OR (upper_value IS NOT NULL AND lower_value IS NOT NULL) THEN id END
  HAVING count(upper_value) = 1 AND count(lower_value) = 1
  UNION ALL
  SELECT patient_id, loinc_code, coalesce(value, CAST(value_integer AS STRING)), unit, comparator, NULL, NULL, id, try_cast(effective_time AS TIMESTAMP), restricted
  FROM vital_signs
  WHERE loinc_code IN ('29463-7', '39156-5') AND coalesce(status, '') NOT IN ('entered-in-error', 'cancelled')
  UNION ALL
  SELECT patient_id, loinc_code, coalesce(value, CAST(value_integer AS STRING)), unit, comparator, NULL, NULL, id, try_cast(effective_time AS TIMESTAMP), restricted
  FROM laboratory_result
  WHERE loinc_code IN ('4548-4', '4549-2', '17856-6', '2160-0', '38483-4') AND coalesce(status, '') NOT IN ('entered-in-error', 'cancelled')
),
newest AS (
  SELECT
    patient_id,
    max(struct(at, id, systolic, diastolic)) FILTER (WHERE loinc_code = 'pressure') AS pressure,
    max(struct(at, id, value, unit)) FILTER (WHERE loinc_code = '29463-7' AND value IS NOT NULL) AS weight,
    max(struct(at, id, value)) FILTER (WHERE loinc_code = '39156-5' AND value IS NOT NULL) AS bmi,
    max(struct(at, id, value, comparator)) FILTER (WHERE loinc_code IN ('4548-4', '4549-2', '17856-6') AND value IS NOT NULL) AS a1c,
    max(struct(at, id, value, unit, comparator)) FILTER (WHERE loinc_code IN ('2160-0', '38483-4') AND value IS NOT NULL) AS creatinine,
    bool_or(restricted) AS restricted
  FROM measured
  GROUP BY patient_id
)
SELECT
  p.id,
  p.mrn,
  p.gender,
  p.birth_date,
  coalesce(p.deceased, p.deceased_time IS NOT NULL) AS is_deceased,
  p.deceased_time,
  p.race,
  p.ethnicity,
  p.language,
  p.postal_code,
  coalesce(v.encounters, 0) AS encounters,
  CASE WHEN v.encounters IS NULL THEN 0 ELSE v.inpatient_stays END AS inpatient_stays,
  CASE WHEN v.encounters IS NULL THEN 0 ELSE v.emergency_visits END AS emergency_visits,
  v.first_visit,
  v.last_visit,
  coalesce(k.active_problems, 0) AS active_problems,
  coalesce(o.active_drug_orders, 0) AS active_drug_orders,
  coalesce(o.reported_drugs, 0) AS reported_drugs,
  coalesce(a.allergies, 0) AS allergies,
  coalesce(s.immunizations, 0) AS immunizations,
  n.pressure.systolic AS systolic,
  n.pressure.diastolic AS diastolic,
  n.pressure.at AS blood_pressure_time,
  n.weight.value AS weight,
  n.weight.unit AS weight_unit,
  n.weight.at AS weight_time,
  n.bmi.value AS bmi,
  n.bmi.at AS bmi_time,
  n.a1c.value AS a1c,
  n.a1c.comparator AS a1c_comparator,
  n.a1c.at AS a1c_time,
  n.creatinine.value AS creatinine,
  n.creatinine.unit AS creatinine_unit,
  n.creatinine.comparator AS creatinine_comparator,
  n.creatinine.at AS creatinine_time,
  coalesce(p.restricted OR v.restricted OR k.restricted OR o.restricted OR a.restricted OR s.restricted OR n.restricted, false) AS restricted,
  p._resource_id
FROM patient AS p
LEFT JOIN visits AS v ON v.patient_id = p.id
LEFT JOIN problems AS k ON k.patient_id = p.id
LEFT JOIN orders AS o ON o.patient_id = p.id
LEFT JOIN reactions AS a ON a.patient_id = p.id
LEFT JOIN shots AS s ON s.patient_id = p.id
LEFT JOIN newest AS n ON n.patient_id = p.id
