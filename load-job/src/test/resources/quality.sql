INSERT INTO patient (id, mrn, birth_date, gender, deceased_time) VALUES
  ('p1', 'm1', '1980-01-01', 'female', NULL), ('p2', 'm2', '1900-06-01', 'male', '1980-06-01T00:00:00Z'),
  -- born and dead on one day
  ('p3', 'm3', '2000-02-03', 'male', '2000-02-03T01:00:00Z'), ('p4', 'm4', current_date, 'male', NULL),
  ('bad:patient_birth_after_death', 'm5', '2000-02-03', 'male', '2000-02-01T00:00:00Z'),
  ('bad:patient_birth_in_future', 'm6', current_date + 3, 'male', NULL),
  ('bad:patient_too_old', 'm7', '1850-01-01', 'male', NULL),
  ('bad:patient_without_mrn', ' ', '1980-01-01', 'male', NULL),
  ('bad:patient_without_mrn:null', NULL, '1980-01-01', 'male', NULL),
  ('bad:patient_without_demographics', 'm8', NULL, 'male', NULL),
  ('bad:patient_without_demographics:sex', 'm9', '1980-01-01', NULL, NULL),
  ('bad:patient_duplicate_mrn:1', 'same', '1980-01-01', 'male', NULL), ('bad:patient_duplicate_mrn:2', ' same', '1980-01-01', 'male', NULL),
  -- merged into another patient, whose number it shares
  ('survivor', 'merged', '1980-01-01', 'male', NULL), ('retired', 'merged', '1980-01-01', 'male', NULL);
INSERT INTO patient (id, mrn, birth_date, gender, deceased) VALUES
  ('p5', 'm10', '1850-01-01', 'male', true),
  ('bad:patient_repeated', 'm11', '1980-01-01', 'male', false), ('bad:patient_repeated', 'm11', '1980-01-01', 'male', false);
INSERT INTO patient_link (id, other_id, type) VALUES ('retired', 'survivor', 'replaced-by'), ('survivor', 'retired', 'replaces');
INSERT INTO encounter (id, patient_id, class_code, status, start_time, end_time) VALUES
  ('e1', 'p1', 'AMB', 'finished', '2020-01-01T10:00:00Z', '2020-01-01T10:00:00Z'),
  ('e2', 'p1', 'AMB', 'planned', now() + INTERVAL '30 days', NULL),
  -- the mother's visit before the birth
  ('e3', 'p4', 'AMB', 'finished', now() - INTERVAL '200 days', NULL),
  ('bad:encounter_end_before_start', 'p1', 'AMB', 'finished', '2020-01-01T10:00:00Z', '2020-01-01T09:59:59Z'),
  ('bad:encounter_finished_in_future', 'p1', 'AMB', 'finished', now() + INTERVAL '2 days', NULL),
  ('bad:encounter_before_birth', 'p1', 'AMB', 'finished', '1970-01-01T00:00:00Z', NULL),
  ('bad:encounter_without_patient', 'nobody', 'AMB', 'finished', '2020-01-01T10:00:00Z', NULL),
  ('bad:encounter_without_patient:null', NULL, 'AMB', 'finished', '2020-01-01T10:00:00Z', NULL),
  ('bad:encounter_without_class', 'p1', NULL, 'finished', '2020-01-01T10:00:00Z', NULL);
INSERT INTO condition (id, patient_id, code, code_text, onset_time, abatement_time) VALUES
  ('c1', 'p1', 'I10', NULL, '2020-01-01T00:00:00Z', '2020-01-01T00:00:00Z'), ('c2', 'p1', NULL, 'Cough', '2020-01-01T00:00:00Z', NULL),
  ('bad:condition_end_before_onset', 'p1', 'I10', NULL, '2020-01-02T00:00:00Z', '2020-01-01T00:00:00Z'),
  ('bad:condition_without_code', 'p1', NULL, NULL, '2020-01-01T00:00:00Z', NULL);
INSERT INTO condition_code (id, coding, system, code) VALUES
  ('c1', 0, 'urn:oid:2.16.840.1.113883.6.90', 'I10'), ('c2', 0, NULL, NULL), ('bad:condition_code_without_system', 1, NULL, 'I10');
INSERT INTO observation_code (id, coding, system, code) VALUES
  ('o1', 0, 'http://loinc.org', '8867-4'), ('bad:observation_code_without_system', 0, NULL, '8867-4');
INSERT INTO observation (id, patient_id, status, value, effective_time, absent_reason_code, member_ids) VALUES
  ('o1', 'p1', 'final', 80, '2020-01-01T00:00:00Z', NULL, '{}'), ('o2', 'p1', 'final', NULL, '2020-01-01T00:00:00Z', 'unknown', NULL),
  ('panel', 'p1', 'final', NULL, NULL, NULL, '{o1}'), ('pressure', 'p1', 'final', NULL, NULL, NULL, '{}'),
  ('o3', 'p1', 'registered', NULL, NULL, NULL, '{}'), ('zero', 'p1', 'final', 0, now() + INTERVAL '1 hour', NULL, '{}'),
  ('bad:observation_without_patient', 'nobody', 'final', 1, NULL, NULL, '{}'),
  ('bad:observation_without_patient:null', NULL, 'final', 1, NULL, NULL, '{}'),
  ('bad:observation_in_future', 'p1', 'final', 1, now() + INTERVAL '2 days', NULL, '{}'),
  ('bad:observation_without_value', 'p1', 'final', NULL, NULL, NULL, '{}'),
  ('bad:observation_without_value:null', 'p1', 'corrected', NULL, NULL, NULL, NULL);
INSERT INTO observation_component (id, component, value) VALUES ('pressure', 0, 120);
INSERT INTO vital_signs (id, status, loinc_code, value, unit, unit_code, systolic, diastolic) VALUES
  ('v1', 'final', '8867-4', 10, '/min', '/min', NULL, NULL), ('v2', 'final', '8310-5', 98.6, 'F', '[degF]', NULL, NULL),
  ('v3', 'final', '8310-5', 98.6, 'unknown unit', NULL, NULL, NULL), ('v4', 'final', '85354-9', NULL, NULL, NULL, 120, 80),
  ('v5', 'entered-in-error', '8867-4', 9999, '/min', '/min', NULL, NULL), ('v6', 'final', '59408-5', 100, '%', '%', NULL, NULL),
  ('v7', 'entered-in-error', '85354-9', NULL, NULL, NULL, 80, 120),
  ('bad:vital_sign_out_of_range:pulse', 'final', '8867-4', 9, '/min', '/min', NULL, NULL),
  ('bad:vital_sign_out_of_range:celsius', 'final', '8310-5', 98.6, 'C', 'Cel', NULL, NULL),
  ('bad:vital_sign_out_of_range:saturation', NULL, '59408-5', 101, '%', '%', NULL, NULL),
  ('bad:vital_sign_out_of_range:pressure', 'final', '85354-9', NULL, NULL, NULL, 401, 80),
  ('bad:vital_sign_out_of_range:zero', 'final', '85354-9', NULL, NULL, NULL, 120, 0),
  ('bad:vital_sign_without_unit', 'final', '8867-4', 80, NULL, NULL, NULL, NULL),
  ('bad:blood_pressure_reversed', 'final', '85354-9', NULL, NULL, NULL, 80, 120),
  ('bad:blood_pressure_reversed:equal', 'final', '85354-9', NULL, NULL, NULL, 100, 100);
INSERT INTO laboratory_result (id, loinc_code, reference_low, reference_high) VALUES
  ('l1', '2345-7', 70, 100), ('l2', '2345-7', 70, NULL), ('l3', '2345-7', 70, 70),
  ('bad:laboratory_range_reversed', '2345-7', 100, 70), ('bad:laboratory_result_without_code', NULL, 70, 100),
  ('bad:laboratory_result_code_malformed', '12809', 70, 100), ('bad:laboratory_result_code_malformed:letters', 'LP29684-5', 70, 100), ('l4', '1-8', 70, 100);
INSERT INTO medication (id) VALUES ('m1');
INSERT INTO medication_request (id, medication_id, medication_display, code) VALUES
  ('r1', 'm1', NULL, NULL), ('r2', NULL, 'Aspirin', NULL), ('r3', NULL, NULL, '1191'),
  ('bad:medication_request_without_drug', NULL, NULL, NULL), ('bad:medication_request_without_medication', 'gone', 'Aspirin', NULL);
INSERT INTO immunization (id, patient_id, occurrence_time) VALUES
  ('i1', 'p4', current_date), ('i2', 'p1', '2020-01-01T00:00:00Z'), ('bad:immunization_before_birth', 'p1', '1979-12-30T00:00:00Z');
INSERT INTO procedure (id, encounter_id, start_time, end_time) VALUES
  ('x1', 'e1', '2020-01-01T10:00:00Z', '2020-01-01T10:00:00Z'), ('x2', NULL, '2020-01-01T10:00:00Z', NULL),
  ('bad:procedure_end_before_start', 'e1', '2020-01-01T10:00:00Z', '2020-01-01T09:00:00Z'),
  ('bad:procedure_without_encounter', 'gone', '2020-01-01T10:00:00Z', NULL);
INSERT INTO allergy_intolerance (id, code_text) VALUES ('a1', 'Peanuts'), ('bad:allergy_without_substance', NULL);
INSERT INTO binary_text (id, problem) VALUES ('b1', NULL), ('b2', 'pdf'), ('bad:document_unreadable:1', 'broken'), ('bad:document_unreadable:2', 'not-base64')
