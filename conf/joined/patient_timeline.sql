-- title: What happened to patients, in order
-- description: One row per event of a patient: visits, problems, orders of drugs, procedures, immunizations, reports, documents and laboratory results. Left out are errors that were withdrawn, visits, reports and results that were cancelled, procedures and immunizations that were not done, and orders not to give a drug
-- question: What happened to a patient in the year before and after a first diagnosis?
-- depends: encounter, condition, medication_order, procedure, immunization, diagnostic_report, document_reference, laboratory_result
-- key: _resource_id
-- touched by encounter: SELECT concat('Encounter/', _resource_id) FROM changed
-- touched by condition: SELECT concat('Condition/', _resource_id) FROM changed
-- touched by medication_order: SELECT concat('MedicationRequest/', _resource_id) FROM changed
-- touched by procedure: SELECT concat('Procedure/', _resource_id) FROM changed
-- touched by immunization: SELECT concat('Immunization/', _resource_id) FROM changed
-- touched by diagnostic_report: SELECT concat('DiagnosticReport/', _resource_id) FROM changed
-- touched by document_reference: SELECT concat('DocumentReference/', _resource_id) FROM changed
-- touched by laboratory_result: SELECT concat('Observation/', _resource_id) FROM changed
-- column patient_id: Key of the patient: patient.id
-- column event_time: When it happened or began, as the source has it; null if it does not say
-- column end_time: When it ended
-- column kind: What it is: visit, problem, drug order, procedure, immunization, report, document or laboratory result
-- column resource_type: FHIR type of the resource
-- column id: Id of the resource
-- column encounter_id: Key of the encounter that it belongs to: encounter.id
-- column status: Status of the resource
-- column system: Code system of code
-- column code: Code of what happened
-- column display: What happened, as text
-- column value: Value of a laboratory result, with its unit
-- column _resource_id: Type and id of the resource
-- index: event_time, code
SELECT patient_id, start_time AS event_time, end_time, 'visit' AS kind, 'Encounter' AS resource_type, id, id AS encounter_id,
  status, type_system AS system, type_code AS code, coalesce(type_text, type_display) AS display,
  CAST(NULL AS STRING) AS value, restricted, concat('Encounter/', _resource_id) AS _resource_id
FROM encounter WHERE coalesce(status, '') NOT IN ('entered-in-error', 'cancelled')
UNION ALL
SELECT patient_id, coalesce(onset_time, recorded_time), abatement_time, 'problem', 'Condition', id, encounter_id,
  clinical_status, system, code, coalesce(code_text, display), NULL, restricted, concat('Condition/', _resource_id)
FROM condition WHERE coalesce(verification_status, '') NOT IN ('entered-in-error', 'refuted')
UNION ALL
SELECT patient_id, authored_time, end_time, 'drug order', 'MedicationRequest', id, encounter_id,
  status, system, code, medication, NULL, restricted, concat('MedicationRequest/', _resource_id)
FROM medication_order WHERE is_valid AND NOT coalesce(do_not_perform, false)
UNION ALL
SELECT patient_id, start_time, end_time, 'procedure', 'Procedure', id, encounter_id,
  status, system, code, coalesce(code_text, display), NULL, restricted, concat('Procedure/', _resource_id)
FROM procedure WHERE coalesce(status, '') NOT IN ('entered-in-error', 'not-done')
UNION ALL
SELECT patient_id, occurrence_time, NULL, 'immunization', 'Immunization', id, encounter_id,
  status, system, code, coalesce(vaccine_text, display), NULL, restricted, concat('Immunization/', _resource_id)
FROM immunization WHERE coalesce(status, '') NOT IN ('entered-in-error', 'not-done')
UNION ALL
SELECT patient_id, coalesce(effective_time, issued_time), effective_end, 'report', 'DiagnosticReport', id, encounter_id,
  status, system, code, coalesce(code_text, display), NULL, restricted, concat('DiagnosticReport/', _resource_id)
FROM diagnostic_report WHERE coalesce(status, '') NOT IN ('entered-in-error', 'cancelled')
UNION ALL
SELECT patient_id, coalesce(document_time, start_time), NULL, 'document', 'DocumentReference', id, encounter_id,
  status, type_system, type_code, coalesce(type_text, type_display, description), NULL, restricted, concat('DocumentReference/', _resource_id)
FROM document_reference WHERE coalesce(status, '') <> 'entered-in-error'
UNION ALL
SELECT patient_id, coalesce(effective_time, issued_time), effective_end, 'laboratory result', 'Observation', id, encounter_id,
  status, system, code, display,
  coalesce(
    concat(coalesce(comparator, ''), coalesce(value, CAST(value_integer AS STRING)), coalesce(concat(' ', unit), '')),
    concat(value_low, ' to ', value_high, coalesce(concat(' ', unit), '')),
    concat('from ', value_low, coalesce(concat(' ', unit), '')),
    concat('to ', value_high, coalesce(concat(' ', unit), '')),
    concat(coalesce(value_numerator_comparator, ''), value_numerator, ':', coalesce(value_denominator_comparator, ''), value_denominator),
    value_text,
    value_time,
    CAST(value_boolean AS STRING)
  ),
  restricted, concat('Observation/', _resource_id)
FROM laboratory_result WHERE coalesce(status, '') NOT IN ('entered-in-error', 'cancelled')
