-- The two roles that the pipeline needs in its database, with no more rights than they need. An administrator runs it in the database
-- that the pipeline loads into, before the first load or after it; running it again leaves the tables alone that are the loader's already:
--   psql "$WAREHOUSE" -v ON_ERROR_STOP=1 -f conf/postgresql/roles.sql
-- Then: load.user = epic_fhir_loader, load.reader-role = epic_fhir_reader, and for each analyst: GRANT epic_fhir_reader TO analyst.
-- How the loader signs in (a password, a certificate, Kerberos) is yours to say, in pg_hba.conf or by ALTER ROLE.

-- Names that may be changed; the schemas are load.schema, load.state-schema and load.quality.schema.
SET epic_fhir.loader = 'epic_fhir_loader';
SET epic_fhir.reader = 'epic_fhir_reader';
SET epic_fhir.schema = 'fhir';
SET epic_fhir.state_schema = 'fhir_pipeline';
SET epic_fhir.quality_schema = 'fhir_quality';

-- Every name below is PostgreSQL's own: in a schema where others may create something, a function of theirs could run as you.
SET search_path = pg_catalog, pg_temp;

DO $roles$
DECLARE
  loader text := current_setting('epic_fhir.loader');
  reader text := current_setting('epic_fhir.reader');
  target text := current_setting('epic_fhir.schema');
  state text := current_setting('epic_fhir.state_schema');
  quality text := current_setting('epic_fhir.quality_schema');
  loaded text[];
  standing record;
BEGIN
  -- The loader: signs in, owns the tables that it loads, and sees no other schema.
  IF to_regrole(quote_ident(loader)) IS NULL THEN
    EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS', loader);
  END IF;
  -- The reader: a group of analysts; nobody signs in as it.
  IF to_regrole(quote_ident(reader)) IS NULL THEN
    EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', reader);
  END IF;
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I, %I', current_database(), loader, reader);

  -- Quality checks collect their rows in a temporary table.
  EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), loader);

  -- The schemas belong to the administrator: the loader can make tables in them and cannot give them away.
  EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', target);
  EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', state);
  EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', quality);
  EXECUTE format('REVOKE ALL ON SCHEMA %I, %I, %I FROM PUBLIC', target, state, quality);
  EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I, %I, %I TO %I', target, state, quality, loader);
  EXECUTE format('GRANT USAGE ON SCHEMA %I, %I TO %I', target, quality, reader);

  -- The copy of the audit log belongs to the administrator, too: the loader adds records and can neither change nor remove any.
  EXECUTE format('CREATE TABLE IF NOT EXISTS %I.audit (number bigint NOT NULL, sha256 text PRIMARY KEY, record text NOT NULL, '
      'copied_at timestamptz NOT NULL DEFAULT clock_timestamp())', state);
  EXECUTE format('CREATE OR REPLACE FUNCTION %I.audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ '
      'BEGIN RAISE EXCEPTION ''The audit log only grows''; END $$', state);
  EXECUTE format('DROP TRIGGER IF EXISTS append_only ON %I.audit', state);
  EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I.audit '
      'FOR EACH STATEMENT EXECUTE FUNCTION %I.audit_append_only()', state, state);
  EXECUTE format('ALTER TABLE %I.audit OWNER TO %I', state, current_user);
  EXECUTE format('ALTER FUNCTION %I.audit_append_only() OWNER TO %I', state, current_user);
  EXECUTE format('REVOKE ALL ON TABLE %I.audit FROM PUBLIC, %I', state, loader);
  EXECUTE format('GRANT SELECT, INSERT ON TABLE %I.audit TO %I', state, loader);

  -- Tables of earlier loads, by another role, become the loader's: only its owner can put a new table in an old one's place.
  -- Others' tables in the target schema stay theirs, and rights to the loader's tables stay as somebody made them.
  IF to_regclass(format('%I.load_state', state)) IS NOT NULL THEN
    EXECUTE format('SELECT array_agg(view) FROM %I.load_state WHERE target_schema = %L', state, target) INTO loaded;
  END IF;
  FOR standing IN SELECT c.oid::regclass AS name, n.nspname AS schema FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND pg_get_userbyid(c.relowner) <> loader
        AND (n.nspname = state AND c.relname <> 'audit' OR n.nspname = target AND c.relname = ANY (loaded)) LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO %I', standing.name, loader);
    EXECUTE format('REVOKE ALL ON TABLE %s FROM PUBLIC', standing.name);
    IF standing.schema = target THEN
      EXECUTE format('GRANT SELECT ON TABLE %s TO %I', standing.name, reader);
    END IF;
  END LOOP;

  -- A value that a table refuses is patient data, and PostgreSQL writes it into its log, with the row. The pipeline says itself what
  -- failed, without the value, so this role's errors are not logged. Only a superuser may set this; others get a notice.
  BEGIN
    EXECUTE format('ALTER ROLE %I SET log_min_messages = ''fatal''', loader);
    EXECUTE format('ALTER ROLE %I SET log_min_error_statement = ''panic''', loader);
    EXECUTE format('ALTER ROLE %I SET log_statement = ''none''', loader);
    EXECUTE format('ALTER ROLE %I SET log_min_duration_statement = -1', loader);
  EXCEPTION WHEN insufficient_privilege THEN
    RAISE WARNING 'Refused values may reach this server''s log: let a superuser run this script, or set log_min_messages for the loader.';
  END;
END
$roles$;

RESET search_path;
