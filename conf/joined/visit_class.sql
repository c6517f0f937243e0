-- title: Class of each visit
-- description: One row per Encounter, with its class as HL7's v3 ActCode
-- question: How many emergency visits did each patient have?
-- depends: encounter, lookup encounter_class (optional: system, code, display, class)
-- key: _resource_id
-- column id: Key of the visit: encounter.id
-- column patient_id: Key of the patient: patient.id
-- column status: Status, such as planned, in-progress, finished or entered-in-error
-- column start_time: When it began
-- column class_system: Code system of class_code
-- column class_code: Code of the class as the source has it; Epic sends codes of the site
-- column class: The v3 ActCode of the class by the lookup encounter_class, such as AMB, IMP (all inpatient ones) or EMER; else class_code if that is a v3 ActCode.
--   Empty if the class is a code of the site that the lookup does not list
-- column class_text: Class as text, from the same lookup, else as the source has it
-- index: class, start_time
WITH asked AS (
  SELECT
    *,
    CASE
      WHEN class_system IS NULL OR class_system IN ('http://hl7.org/fhir/v3/ActCode', 'urn:oid:2.16.840.1.113883.5.4')
      THEN 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
      ELSE class_system
    END AS asked_system
  FROM encounter
)
SELECT
  e.id,
  e.patient_id,
  e.status,
  e.start_time,
  e.class_system,
  e.class_code,
  coalesce(
    k.class,
    CASE
      WHEN e.asked_system = 'http://terminology.hl7.org/CodeSystem/v3-ActCode' AND (e.class_system IS NOT NULL OR e.class_code RLIKE '^[A-Z]+$')
      THEN e.class_code
    END
  ) AS class,
  coalesce(k.display, e.class_display) AS class_text,
  e.restricted,
  e._resource_id
FROM asked AS e
LEFT JOIN encounter_class AS k ON k.system = e.asked_system AND k.code = e.class_code
