-- title: Notes
-- description: One row per content of a document (DocumentReference) and per form of a diagnostic report, with its plain text or why there is none
-- question: What do the discharge summaries of last month say about smoking?
-- depends: document_reference, document_reference_content, diagnostic_report, diagnostic_report_form, binary_text
-- key: _resource_id
-- touched by document_reference: SELECT concat('DocumentReference/', _resource_id) FROM changed
-- touched by document_reference_content: SELECT concat('DocumentReference/', _resource_id) FROM changed
-- touched by diagnostic_report: SELECT concat('DiagnosticReport/', _resource_id) FROM changed
-- touched by diagnostic_report_form: SELECT concat('DiagnosticReport/', _resource_id) FROM changed
-- touched by binary_text: SELECT concat('DocumentReference/', d._resource_id) FROM document_reference_content AS d
--   JOIN changed AS b ON b.id = nullif(regexp_extract(d.url, '(^|/)Binary/([^/?#]+)', 2), '')
--   UNION ALL SELECT concat('DiagnosticReport/', f._resource_id) FROM diagnostic_report_form AS f
--   JOIN changed AS b ON b.id = nullif(regexp_extract(f.url, '(^|/)Binary/([^/?#]+)', 2), '')
-- column id: Key of the document or report: document_reference.id or diagnostic_report.id
-- column source: DocumentReference or DiagnosticReport
-- column part: Number of the content in it, from 0
-- column patient_id: Key of the patient: patient.id
-- column encounter_id: Key of the encounter: encounter.id
-- column is_current: Whether the document was neither superseded nor withdrawn as an error
-- column status: Status of the document or report
-- column type_system: Code system of type_code
-- column type_code: Code of the type of document
-- column type: Type of document as text
-- column author_id: Key of its author: practitioner.id
-- column author: Name of its author
-- column note_time: When it was made or issued
-- column format: Media type from the Binary, else from the document
-- column title: Title of the content
-- column binary_id: Key of the Binary with the content: binary_text.id
-- column size_bytes (integer): Size of the content in bytes
-- column sha256: SHA-256 of the content's bytes; equal contents have equal hashes
-- column characters (integer): Length of the text in characters
-- column problem: Why there is no text: not-fetched (the lake has no such Binary: the server refused it, it was over the day's budget or
--   the limit of size, or crawl.attachments is off; the run report counts each), other-server (the URL is not a Binary), no-content,
--   or a word of binary_text.problem
-- column text: The content as plain text
-- column _resource_id: Type and id of the resource
-- index: patient_id, type_code, note_time
WITH part AS (
  SELECT
    c._resource_id AS id, 'DocumentReference' AS source, c.content AS part, d.patient_id, d.encounter_id,
    d.status = 'current' AND coalesce(d.doc_status, '') <> 'entered-in-error' AS is_current,
    d.status, d.type_system, d.type_code, coalesce(d.type_text, d.type_display) AS type, d.author_id, d.author,
    coalesce(d.document_time, c.created_time) AS note_time, c.content_type, c.title, c.url, c.is_inline, c.inline_text, c.inline_problem,
    c.inline_bytes, c.inline_sha256, c.restricted OR d.restricted AS restricted
  FROM document_reference_content AS c
  JOIN document_reference AS d ON d._resource_id = c._resource_id
  UNION ALL
  SELECT
    f._resource_id, 'DiagnosticReport', f.form, r.patient_id, r.encounter_id,
    r.status NOT IN ('entered-in-error', 'cancelled'),
    r.status, r.system, r.code, coalesce(r.code_text, r.display), coalesce(r.interpreter_id, r.performer_id),
    coalesce(r.interpreter, r.performer),
    coalesce(r.issued_time, r.effective_time, f.created_time), f.content_type, f.title, f.url, f.is_inline, f.inline_text, f.inline_problem,
    f.inline_bytes, f.inline_sha256, f.restricted OR r.restricted
  FROM diagnostic_report_form AS f
  JOIN diagnostic_report AS r ON r._resource_id = f._resource_id
),
named AS (
  SELECT part.*, nullif(regexp_extract(url, '(^|/)Binary/([^/?#]+)', 2), '') AS binary_id
  FROM part
)
SELECT
  n.id, n.source, n.part, n.patient_id, n.encounter_id, n.is_current, n.status, n.type_system, n.type_code, n.type,
  n.author_id, n.author, n.note_time,
  coalesce(b.content_type, n.content_type) AS format,
  n.title, n.binary_id,
  coalesce(b.size_bytes, n.inline_bytes) AS size_bytes,
  coalesce(b.sha256, n.inline_sha256) AS sha256,
  coalesce(b.characters, length(n.inline_text)) AS characters,
  CASE
    WHEN n.is_inline THEN n.inline_problem
    WHEN b.id IS NOT NULL THEN b.problem
    WHEN n.binary_id IS NOT NULL THEN 'not-fetched'
    WHEN n.url IS NOT NULL THEN 'other-server'
    ELSE 'no-content'
  END AS problem,
  CASE WHEN n.is_inline THEN n.inline_text ELSE b.text END AS text,
  coalesce(n.restricted OR b.restricted, false) AS restricted,
  concat(n.source, '/', n.id) AS _resource_id
FROM named AS n
LEFT JOIN binary_text AS b ON b.id = n.binary_id AND NOT n.is_inline
