-- title: Fetched documents without a complete, readable text
-- category: conformance
-- tables: binary_text
-- severity: amber
-- max-share: 0.01 of binary_text
-- keys: id
SELECT id, content_type, size_bytes, problem FROM binary_text
WHERE problem IN ('not-base64', 'broken', 'incomplete', 'unknown-format', 'empty')
