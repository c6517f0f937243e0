-- title: Visits with places, people and diagnoses
-- description: One row per Encounter, with its locations, participants and diagnoses as lists
-- question: Which inpatient stays of a ward had a diagnosis of heart failure, and who attended?
-- depends: encounter, encounter_location, encounter_participant, encounter_diagnosis, encounter_reason, condition, location, practitioner, visit_class
-- key: _resource_id
-- touched by encounter_location: SELECT _resource_id FROM changed
-- touched by encounter_participant: SELECT _resource_id FROM changed
-- touched by encounter_diagnosis: SELECT _resource_id FROM changed
-- touched by encounter_reason: SELECT _resource_id FROM changed
-- touched by condition: SELECT encounter_id FROM changed
--   UNION SELECT d._resource_id FROM encounter_diagnosis AS d JOIN changed AS c ON d.condition_id = c.id
--   UNION SELECT r._resource_id FROM encounter_reason AS r JOIN changed AS c ON r.condition_id = c.id
-- touched by location: SELECT l._resource_id FROM encounter_location AS l JOIN changed AS c ON l.location_id = c.id
-- touched by practitioner: SELECT p._resource_id FROM encounter_participant AS p JOIN changed AS c ON p.practitioner_id = c.id
-- column id: Key of the visit: encounter.id
-- column patient_id: Key of the patient: patient.id
-- column csn: Contact serial number, Epic's own key of the visit
-- column har: Hospital account
-- column status: Status, such as planned, in-progress or finished
-- column class_system: Code system of class_code
-- column class_code: Code of the class, such as AMB, IMP or EMER; Epic sends codes of the site
-- column class: Class as text, from the lookup encounter_class, else as the source has it
-- column class_kind: The v3 ActCode of the class, such as AMB, IMP or EMER: visit_class.class. Empty if the class is a code of the site that the lookup does not list
-- column type: Type of the visit
-- column type_code: Code of type
-- column start_time: When it began
-- column end_time: When it ended
-- column minutes: How long it took, in minutes; empty if it has not ended or a time is not exact
-- column reason: Why the patient came: the first reason
-- column reason_code: Code of reason
-- column reasons: All reasons as text, from the visit, else from the condition that it names; codes first, then references, each in the order of the source
-- column reason_codes: Codes of reasons, SNOMED CT if there is one, in the same order
-- column service_provider_id: Key of the organization in charge: organization.id
-- column service_provider: Name of the Organization in charge
-- column location_ids: Ids of the Locations, in the order of the stays
-- column locations: Names of the Locations, in the same order
-- column city: City of the first Location
-- column participant_ids: Ids of the Practitioners who took part, in the order of the source; empty entries are those without an id
-- column participants: Names of the participants, from the Encounter or, if it has none, from the Practitioners, in the same order
-- column participant_roles: Roles of the participants, in the same order
-- column diagnosis_ids: Ids of the Conditions that the Encounter names as diagnoses or that name the Encounter, without withdrawn and refuted ones; those with a rank first.
--   Empty entries are diagnoses that the source gives without an id
-- column diagnosis_codes: Codes of the diagnoses, ICD-10-CM if there is one, in the same order
-- column diagnoses: Names of the diagnoses, in the same order
-- column discharge: Where the patient went afterwards
-- column part_of_id: Key of the encounter that this one is part of: encounter.id
-- index: start_time, diagnosis_codes, reason_codes
WITH places AS (
  SELECT
    e._resource_id,
    sort_array(collect_list(struct(e.stay, e.location_id, coalesce(l.name, e.location) AS name, l.city))) AS items,
    bool_or(e.restricted OR l.restricted) AS restricted
  FROM encounter_location AS e
  LEFT JOIN location AS l ON l.id = e.location_id
  GROUP BY e._resource_id
),
people AS (
  SELECT
    e._resource_id,
    sort_array(collect_list(struct(e.participant, e.practitioner_id, coalesce(e.practitioner, p.name) AS name, coalesce(e.role, e.role_code) AS role))) AS items,
    bool_or(e.restricted OR p.restricted) AS restricted
  FROM encounter_participant AS e
  LEFT JOIN practitioner AS p ON p.id = e.practitioner_id
  GROUP BY e._resource_id
),
why AS (
  SELECT
    r._resource_id,
    sort_array(collect_list(struct(
      r.kind,
      r.reason,
      coalesce(r.reason_text, r.display, c.code_text, c.display) AS name,
      coalesce(r.code, c.snomed_code, c.icd10_code, c.code) AS code
    ))) AS items,
    bool_or(r.restricted OR c.restricted) AS restricted
  FROM encounter_reason AS r
  LEFT JOIN condition AS c ON c.id = r.condition_id
  GROUP BY r._resource_id
),
links AS (
  -- Diagnoses without an id are told apart by their number, or all of them would be one.
  SELECT _resource_id AS encounter_id, condition_id, CASE WHEN condition_id IS NULL THEN diagnosis END AS number, rank, condition AS name, restricted
  FROM encounter_diagnosis
  UNION ALL
  SELECT encounter_id, _resource_id, NULL, NULL, NULL, restricted
  FROM condition
  WHERE encounter_id IS NOT NULL
),
named AS (
  SELECT encounter_id, condition_id, number, min(rank) AS rank, min(name) AS name, bool_or(restricted) AS restricted
  FROM links
  GROUP BY encounter_id, condition_id, number
),
diagnoses AS (
  SELECT
    n.encounter_id,
    sort_array(collect_list(struct(
      coalesce(n.rank, 1000000) AS rank,
      n.condition_id,
      n.number,
      coalesce(c.icd10_code, c.code) AS code,
      coalesce(c.code_text, c.display, n.name) AS name
    ))) AS items,
    bool_or(n.restricted OR c.restricted) AS restricted
  FROM named AS n
  LEFT JOIN condition AS c ON c.id = n.condition_id
  WHERE coalesce(c.verification_status, '') NOT IN ('entered-in-error', 'refuted')
  GROUP BY n.encounter_id
)
SELECT
  e.id,
  e.patient_id,
  e.csn,
  e.har,
  e.status,
  e.class_system,
  e.class_code,
  k.class_text AS class,
  k.class AS class_kind,
  coalesce(e.type_text, e.type_display) AS type,
  e.type_code,
  e.start_time,
  e.end_time,
  CASE
    WHEN length(e.start_time) > 10 AND length(e.end_time) > 10
    THEN CAST(floor((unix_timestamp(try_cast(e.end_time AS TIMESTAMP)) - unix_timestamp(try_cast(e.start_time AS TIMESTAMP))) / 60) AS INT)
  END AS minutes,
  coalesce(e.reason_text, e.reason_display) AS reason,
  e.reason_code,
  transform(y.items, x -> x.name) AS reasons,
  transform(y.items, x -> x.code) AS reason_codes,
  e.service_provider_id,
  e.service_provider,
  transform(p.items, x -> x.location_id) AS location_ids,
  transform(p.items, x -> x.name) AS locations,
  element_at(p.items, 1).city AS city,
  transform(w.items, x -> x.practitioner_id) AS participant_ids,
  transform(w.items, x -> x.name) AS participants,
  transform(w.items, x -> x.role) AS participant_roles,
  transform(d.items, x -> x.condition_id) AS diagnosis_ids,
  transform(d.items, x -> x.code) AS diagnosis_codes,
  transform(d.items, x -> x.name) AS diagnoses,
  e.discharge,
  e.part_of_id,
  coalesce(e.restricted OR k.restricted OR y.restricted OR p.restricted OR w.restricted OR d.restricted, false) AS restricted,
  e._resource_id
FROM encounter AS e
LEFT JOIN visit_class AS k ON k._resource_id = e._resource_id
LEFT JOIN why AS y ON y._resource_id = e._resource_id
LEFT JOIN places AS p ON p._resource_id = e._resource_id
LEFT JOIN people AS w ON w._resource_id = e._resource_id
LEFT JOIN diagnoses AS d ON d.encounter_id = e._resource_id
