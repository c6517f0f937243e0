package io.epicfhir.load.postgres.state;

import static io.epicfhir.load.sql.Identifiers.quoted;

/** Where values lie that no type of PostgreSQL takes. */
public final class RefusedTable {
  /** The list, in the state schema. */
  public static final String NAME = "refused_value";

  /** The rows as text, in the state schema. */
  public static final String AS_TEXT = "_as_text";

  private RefusedTable() {}

  /** The statement that makes the list where there is none. */
  static String create(String schema) {
    return """
        CREATE TABLE IF NOT EXISTS %s (
          target_schema text NOT NULL, view text NOT NULL, column_name text NOT NULL,
          column_type text NOT NULL, resource_id text, value text, is_null boolean NOT NULL,
          found_at timestamptz NOT NULL DEFAULT now())"""
        .formatted(quoted(schema, NAME));
  }

  /** Without a key its rows could not be deleted where the database publishes all its tables. */
  static String identify(String schema) {
    return "ALTER TABLE " + quoted(schema, NAME) + " REPLICA IDENTITY FULL";
  }
}
