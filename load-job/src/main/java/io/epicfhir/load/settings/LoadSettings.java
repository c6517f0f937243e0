package io.epicfhir.load.settings;

import io.epicfhir.common.settings.SettingsFile;
import io.epicfhir.common.settings.SettingsReader;
import io.epicfhir.load.postgres.session.JdbcUrl;
import io.epicfhir.load.postgres.session.PostgresAccess;
import io.epicfhir.load.quality.QualitySettings;
import io.epicfhir.load.sql.Identifiers;
import java.time.Duration;
import java.util.List;

/**
 * The block {@code load} of the settings.
 *
 * @param target where the views go
 * @param exportFolder where Parquet goes, as a Hadoop path; empty for another target
 * @param access how to reach the database
 * @param schema where the analysts' tables are
 * @param stateSchema where the pipeline keeps its own state, and tables that are not whole yet
 * @param readerRole a role that may read all tables, or empty
 * @param removedColumns what becomes of a table's columns that its view has no more
 * @param parallelCopies how many connections copy at once
 * @param nulPolicy what becomes of U+0000
 * @param refusedValues what becomes of a value that its column's type does not take
 * @param movedFrom where the lake was when the tables were loaded, if it has moved; or empty
 * @param verifyEvery how old the last comparison of a table with its view may be; zero: any age
 * @param lockPatience how long to wait for another loader, and for readers of a table to be swapped
 * @param swapTimeout how long one try of a swap may wait; new readers queue behind it meanwhile
 * @param maxTries how often a table is tried where the database breaks off
 * @param retryPause the wait before the second try; doubled for each further one
 * @param quality checks of the loaded tables
 */
public record LoadSettings(
    Kind target,
    String exportFolder,
    PostgresAccess access,
    String schema,
    String stateSchema,
    String readerRole,
    RemovedColumns removedColumns,
    int parallelCopies,
    NulPolicy nulPolicy,
    RefusedPolicy refusedValues,
    String movedFrom,
    Duration verifyEvery,
    Duration lockPatience,
    Duration swapTimeout,
    int maxTries,
    Duration retryPause,
    QualitySettings quality) {

  /** Where views go. */
  public enum Kind {
    POSTGRESQL,
    PARQUET
  }

  /** What becomes of a table's columns that its view has no more. */
  public enum RemovedColumns {
    /** They stay, empty: an analyst's query goes on. */
    KEEP,
    /** They go at the next load of the whole table. */
    DROP
  }

  /** What becomes of U+0000, which PostgreSQL's text cannot hold. */
  public enum NulPolicy {
    /** U+FFFD takes its place, and is counted. */
    REPLACE,
    /** The load ends, and the old table stays. */
    REFUSE
  }

  /** What becomes of a value that its column's type does not take, such as 2024-02-30. */
  public enum RefusedPolicy {
    /** The table keeps its last rows, and the run is red. */
    REFUSE,
    /** Null takes its place, with a warning. */
    NULL
  }

  public static LoadSettings from(SettingsFile file) {
    SettingsReader reader = file.reader("load");
    String schema = schema(reader, "schema");
    LoadSettings settings =
        new LoadSettings(
            reader.choice("target", Kind.class),
            reader.optionalHadoopPath("export-folder").orElse(""),
            access(reader),
            schema,
            schema(reader, "state-schema"),
            reader.optionalText("reader-role").orElse(""),
            reader.choice("removed-columns", RemovedColumns.class),
            reader.number("parallel-copies", 1, 64),
            reader.choice("nul-policy", NulPolicy.class),
            refusedValues(reader),
            reader.optionalHadoopPath("moved-from").orElse(""),
            reader.has("verify-every") ? reader.duration("verify-every") : Duration.ofDays(7),
            reader.duration("lock-patience"),
            atLeastOneMilli(reader, "swap-timeout"),
            reader.number("max-tries", 1, 20),
            reader.duration("retry-pause"),
            QualitySettings.read(reader, schema));
    if (settings.schema.equals(settings.stateSchema)) {
      reader.problem("state-schema", settings.stateSchema, "another schema than load.schema");
    }
    if (settings.quality.enabled()
        && List.of(settings.schema, settings.stateSchema).contains(settings.quality.schema())) {
      reader.problem("quality.schema", settings.quality.schema(), "a schema of its own");
    }
    if (settings.target == Kind.PARQUET && settings.exportFolder.isEmpty()) {
      reader.problem("export-folder", "\"\"", "a folder for the Parquet files");
    }
    reader.check();
    return settings;
  }

  /** Unquoted, null is no text in HOCON; it means the same here. */
  private static RefusedPolicy refusedValues(SettingsReader reader) {
    if (reader.isNull("refused-values")) {
      return RefusedPolicy.NULL;
    }
    return reader.has("refused-values")
        ? reader.choice("refused-values", RefusedPolicy.class)
        : RefusedPolicy.REFUSE;
  }

  private static PostgresAccess access(SettingsReader reader) {
    String url = JdbcUrl.read(reader);
    boolean withPassword = reader.secretFile("password-file").isPresent();
    String passwordFile = withPassword ? reader.path("password-file").toString() : "";
    return new PostgresAccess(url, reader.text("user"), passwordFile);
  }

  private static String schema(SettingsReader reader, String key) {
    return reader.parsed(key, Identifiers::checked).orElse("");
  }

  private static Duration atLeastOneMilli(SettingsReader reader, String key) {
    Duration duration = reader.duration(key);
    if (duration.toMillis() < 1) {
      // PostgreSQL takes 0 for "wait without end", and readers would wait behind it.
      reader.problem(key, duration.toString(), "a duration from 1 millisecond on");
    }
    return duration;
  }
}
