-- title: Index of notes
-- description: One row per content of a document (DocumentReference), with its kind, author and visit. The text itself is in the Binary that binary_id names
-- question: Which discharge summaries of inpatient stays are there, who wrote them, and where is their text?
-- depends: document_reference, document_reference_content, visit_class, practitioner, lookup note_kind (optional: system, code, kind)
-- key: _resource_id
-- touched by document_reference_content: SELECT _resource_id FROM changed
-- touched by visit_class: SELECT n._resource_id FROM document_reference AS n JOIN changed AS c ON n.encounter_id = c.id
-- touched by practitioner: SELECT n._resource_id FROM document_reference AS n JOIN changed AS c ON n.author_id = c.id
-- column id: Key of the document: document_reference.id
-- column content: Number of the content in it, from 0
-- column patient_id: Key of the patient: patient.id
-- column encounter_id: Key of the encounter: encounter.id
-- column is_current: Whether the document was neither superseded nor withdrawn as an error
-- column status: Status of the reference
-- column doc_status: Status of the document itself, such as preliminary or final
-- column type_system: Code system of type_code
-- column type_code: Code of the type of document
-- column type: Type of document as text
-- column note_kind: Kind of note from the lookup note_kind, such as discharge summary; empty if it does not list type_code in type_system
-- column category: Category, such as clinical-note
-- column document_time: When it was made
-- column author_id: Key of its author: practitioner.id
-- column author: Name of its author, from the document or, if it has none, from the Practitioner
-- column author_npi: National provider identifier of its author
-- column encounter_class: The v3 ActCode of the class of the visit, such as AMB or IMP: visit_class.class. Empty if the class is a code of the site that the lookup encounter_class does not list
-- column encounter_class_text: Class of the visit as text
-- column encounter_start: When the visit began
-- column content_type: Media type of the content, such as text/html
-- column size: Size of the content in bytes
-- column url: Where the content is
-- column binary_id: Id of the Binary with the content
-- column is_inline: Whether the content is in the document itself
-- index: type_code, document_time
SELECT
  n.id,
  t.content,
  n.patient_id,
  n.encounter_id,
  n.status = 'current' AND coalesce(n.doc_status, '') <> 'entered-in-error' AS is_current,
  n.status,
  n.doc_status,
  n.type_system,
  n.type_code,
  coalesce(n.type_text, n.type_display) AS type,
  k.kind AS note_kind,
  n.category,
  n.document_time,
  n.author_id,
  coalesce(n.author, p.name) AS author,
  p.npi AS author_npi,
  e.class AS encounter_class,
  e.class_text AS encounter_class_text,
  e.start_time AS encounter_start,
  t.content_type,
  t.size,
  t.url,
  CASE WHEN t.is_binary THEN nullif(regexp_extract(t.url, 'Binary/([^/?#]+)', 1), '') END AS binary_id,
  t.is_inline,
  coalesce(n.restricted OR t.restricted OR e.restricted OR p.restricted, false) AS restricted,
  n._resource_id
FROM document_reference AS n
LEFT JOIN document_reference_content AS t ON t._resource_id = n._resource_id
LEFT JOIN visit_class AS e ON e.id = n.encounter_id
LEFT JOIN practitioner AS p ON p.id = n.author_id
LEFT JOIN note_kind AS k
  ON k.code = n.type_code
  AND k.system = CASE n.type_system WHEN 'urn:oid:2.16.840.1.113883.6.1' THEN 'http://loinc.org' ELSE n.type_system END
