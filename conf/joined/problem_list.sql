-- title: Problems of patients
-- description: One row per problem of a patient (Condition) that was not withdrawn as an error or refuted. Epic's problem list is where is_listed is true; other rows are diagnoses of visits and health concerns
-- question: How many living patients have an active problem of the circulatory system, and since which age?
-- depends: condition, patient, practitioner, lookup icd10_chapter (optional: chapter:integer, first_code, last_code, title)
-- key: _resource_id
-- touched by patient: SELECT k._resource_id FROM condition AS k JOIN changed AS c ON k.patient_id = c.id
-- touched by practitioner: SELECT k._resource_id FROM condition AS k JOIN changed AS c ON k.recorder_id = c.id
-- column id: Key of the problem: condition.id
-- column patient_id: Key of the patient: patient.id
-- column encounter_id: Key of the encounter that it was noted in: encounter.id
-- column category: Category, such as problem-list-item or encounter-diagnosis
-- column is_listed: Whether it is an entry of the problem list
-- column is_active: Whether it is active, recurs or relapses, and has no end; empty if a diagnosis of a visit has no status
-- column clinical_status: Clinical status as the source has it
-- column verification_status: Verification status as the source has it; unconfirmed and provisional problems are rows, too
-- column problem: Name of the problem
-- column system: Code system of code
-- column code: Code of the problem
-- column icd10_code: ICD-10-CM code of the problem
-- column snomed_code: SNOMED CT code of the problem
-- column icd10_chapter: Number of the ICD-10-CM chapter, from the lookup icd10_chapter
-- column chapter: Title of the ICD-10-CM chapter
-- column severity: Severity as text
-- column onset_time: When it began
-- column onset_age_years: Age of the patient in full years when it began; null if the birth date or the onset is not a day
-- column abatement_time: When it ended
-- column recorded_time: When it was noted
-- column is_deceased: Whether the patient has died; null if the patient is not known
-- column recorder: Name of the recorder, from the problem or, if it has none, from the Practitioner
-- column note: Comments on the problem
-- index: icd10_code, snomed_code
WITH chapters AS (
  -- One chapter a problem, also where a site's lookup has chapters that overlap.
  SELECT k._resource_id, min(struct(h.chapter, h.title)) AS found, bool_or(k.restricted) AS restricted
  FROM condition AS k
  JOIN icd10_chapter AS h ON substring(k.icd10_code, 1, 3) BETWEEN h.first_code AND h.last_code
  GROUP BY k._resource_id
)
SELECT
  k.id,
  k.patient_id,
  k.encounter_id,
  k.category,
  k.is_problem_list_item AS is_listed,
  -- FHIR asks for a status of entries of the problem list only: without one, a diagnosis of a visit may be long over.
  CASE
    WHEN k.abatement_time IS NOT NULL OR k.abatement_end IS NOT NULL OR k.abatement_age IS NOT NULL OR k.abatement_text IS NOT NULL THEN false
    WHEN k.clinical_status IS NOT NULL OR k.is_problem_list_item
    THEN coalesce(k.clinical_status, 'active') IN ('active', 'recurrence', 'relapse')
  END AS is_active,
  k.clinical_status,
  k.verification_status,
  coalesce(k.code_text, k.display) AS problem,
  k.system,
  k.code,
  k.icd10_code,
  k.snomed_code,
  h.found.chapter AS icd10_chapter,
  h.found.title AS chapter,
  coalesce(k.severity, k.severity_code) AS severity,
  k.onset_time,
  CASE
    WHEN length(k.onset_time) >= 10 AND length(p.birth_date) = 10
    THEN CAST(floor(months_between(try_cast(substring(k.onset_time, 1, 10) AS DATE), try_cast(p.birth_date AS DATE)) / 12) AS INT)
  END AS onset_age_years,
  k.abatement_time,
  k.recorded_time,
  CASE WHEN p.id IS NOT NULL THEN coalesce(p.deceased, p.deceased_time IS NOT NULL) END AS is_deceased,
  coalesce(k.recorder, w.name) AS recorder,
  k.note,
  coalesce(k.restricted OR p.restricted OR w.restricted OR h.restricted, false) AS restricted,
  k._resource_id
FROM condition AS k
LEFT JOIN patient AS p ON p.id = k.patient_id
LEFT JOIN practitioner AS w ON w.id = k.recorder_id
LEFT JOIN chapters AS h ON h._resource_id = k._resource_id
WHERE coalesce(k.verification_status, 'confirmed') NOT IN ('entered-in-error', 'refuted')
