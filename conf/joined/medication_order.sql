-- title: Orders of drugs with the drug's codes
-- description: One row per order of a drug (MedicationRequest), with the codes of the Medication that it refers to and the drug's ingredients
-- question: Which patients were ordered a drug with metformin in it, and when?
-- depends: medication_request, medication, practitioner, lookup rxnorm_ingredient (optional: code, ingredients, ingredient_codes)
-- key: _resource_id
-- touched by medication: SELECT r._resource_id FROM medication_request AS r JOIN changed AS c ON r.medication_id = c.id
-- touched by practitioner: SELECT r._resource_id FROM medication_request AS r JOIN changed AS c ON r.requester_id = c.id
-- column id: Key of the order: medication_request.id
-- column patient_id: Key of the patient: patient.id
-- column encounter_id: Key of the encounter that the order was made in: encounter.id
-- column status: Status of the order, such as active, completed or stopped
-- column is_valid: False if the order was withdrawn as an error: leave such rows out when you count
-- column intent: Whether it is a plan, a proposal or an order
-- column do_not_perform: True if the order asks not to give the drug; do not count it as an order
-- column category: Where the drug is given or taken, such as Inpatient or Community
-- column reported: Whether the patient reported it, so that it was not ordered here
-- column authored_time: When it was ordered
-- column medication: Name of the drug
-- column medication_id: Key of the drug: medication.id
-- column system: Code system of code
-- column code: Drug code, from the order or, if it has none, from the Medication
-- column rxnorm_code: First RxNorm code of the drug, from the order or, if it has none, from the Medication. If there are several, it may be the code of an ingredient; rxnorm_codes has all
-- column rxnorm_codes: All RxNorm codes of the drug, from the order and from the Medication: Epic lists ingredients, products and brands side by side
-- column ndc_code: National Drug Code of the Medication
-- column form: Form of the drug, such as Oral Tablet
-- column ingredients: Names of the drug's active ingredients in alphabetical order, from the lookup rxnorm_ingredient for any of rxnorm_codes; empty if it lists none
-- column ingredient_codes: RxNorm codes of ingredients, in the same order
-- column dosage_text: Dosage as text
-- column dose: Amount per dose; its unit is in dose_unit
-- column dose_high: Upper end of the dose, if it is a range
-- column dose_unit: Unit of dose
-- column route: How it enters the body, such as Oral
-- column frequency: How often it is given or taken
-- column as_needed: Whether it is given or taken only as needed
-- column start_time: When to start it, by the first dosage instruction
-- column end_time: When to stop it, by the first dosage instruction
-- column dispensable_from: When a pharmacy may first dispense it
-- column dispensable_until: When a pharmacy may last dispense it
-- column quantity: Amount to dispense; its unit is in quantity_unit
-- column quantity_unit: Unit of quantity
-- column refills: How many refills are allowed
-- column reason: Why it was ordered
-- column reason_code: Code of the reason
-- column reason_condition_id: Key of the condition that it was ordered for: condition.id
-- column requester_id: Key of the practitioner who ordered it: practitioner.id
-- column requester: Name of the requester, from the order or, if it has none, from the Practitioner
-- index: rxnorm_code, rxnorm_codes, authored_time, ingredient_codes
WITH coded AS (
  SELECT
    r._resource_id,
    explode(array_distinct(concat(coalesce(r.rxnorm_codes, array()), coalesce(m.rxnorm_codes, array())))) AS code,
    r.restricted OR m.restricted AS restricted
  FROM medication_request AS r
  LEFT JOIN medication AS m ON m.id = r.medication_id
),
known AS (
  -- The codes name one drug, some of them only a part of it: its ingredients are those of all codes.
  SELECT
    c._resource_id,
    sort_array(array_distinct(flatten(sort_array(collect_list(
      zip_with(split(i.ingredients, ' / '), split(i.ingredient_codes, ' / '), (name, number) -> struct(name, number))
    ))))) AS parts,
    bool_or(c.restricted) AS restricted
  FROM coded AS c
  JOIN rxnorm_ingredient AS i ON i.code = c.code
  GROUP BY c._resource_id
)
SELECT
  r.id,
  r.patient_id,
  r.encounter_id,
  r.status,
  coalesce(r.status, '') <> 'entered-in-error' AS is_valid,
  r.intent,
  r.do_not_perform,
  r.category,
  r.reported,
  r.authored_time,
  coalesce(r.medication_text, r.display, m.code_text, m.display) AS medication,
  r.medication_id,
  CASE WHEN r.code IS NOT NULL THEN r.system ELSE m.system END AS system,
  coalesce(r.code, m.code) AS code,
  coalesce(r.rxnorm_code, m.rxnorm_code) AS rxnorm_code,
  array_distinct(concat(coalesce(r.rxnorm_codes, array()), coalesce(m.rxnorm_codes, array()))) AS rxnorm_codes,
  m.ndc_code,
  m.form,
  transform(k.parts, x -> x.name) AS ingredients,
  transform(k.parts, x -> x.number) AS ingredient_codes,
  r.dosage_text,
  r.dose,
  r.dose_high,
  r.dose_unit,
  r.route,
  r.frequency,
  r.as_needed,
  r.dosage_start_time AS start_time,
  r.dosage_end_time AS end_time,
  r.start_time AS dispensable_from,
  r.end_time AS dispensable_until,
  r.quantity,
  r.quantity_unit,
  r.refills,
  coalesce(r.reason_text, r.reason_display) AS reason,
  r.reason_code,
  r.reason_condition_id,
  r.requester_id,
  coalesce(r.requester, p.name) AS requester,
  coalesce(r.restricted OR m.restricted OR p.restricted OR k.restricted, false) AS restricted,
  r._resource_id
FROM medication_request AS r
LEFT JOIN medication AS m ON m.id = r.medication_id
LEFT JOIN practitioner AS p ON p.id = r.requester_id
LEFT JOIN known AS k ON k._resource_id = r._resource_id
