-- title: What happened to one patient
-- description: One row per event, the oldest first
-- depends: patient_timeline
-- param patient_id: id (patient), the patient
-- param kind: string (optional), such as problem or drug order; all kinds without it
SELECT event_time, end_time, kind, code, display, value, status
FROM patient_timeline
WHERE patient_id = :patient_id
  AND (CAST(:kind AS VARCHAR(40)) IS NULL OR kind = :kind)
ORDER BY CAST(event_time AS TIMESTAMP), kind, id
