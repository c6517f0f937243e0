package io.epicfhir.load;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.query.QueryArguments;
import io.epicfhir.common.query.QueryFile;
import io.epicfhir.common.query.QueryOutput;
import io.epicfhir.common.query.QueryRefused;
import io.epicfhir.common.query.SqlQuery;
import io.epicfhir.common.settings.SettingsFile;
import io.epicfhir.load.postgres.PostgresQuery;
import io.epicfhir.load.settings.LoadSettings;
import java.io.PrintStream;
import java.sql.Connection;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Runs a query on the database: what {@code ci/query.sh --on postgres} calls. */
public final class RunQuery {
  /** Of a Library's contents the first of these is taken. */
  static final List<String> DIALECTS = List.of("postgresql", "postgres", "", "ansi-sql", "ansi");

  private RunQuery() {}

  /**
   * The process; see {@link QueryArguments}. Exit 2 where the query cannot be run as it is asked.
   */
  public static void main(String[] args) {
    System.exit(run(System.out, System.err, args));
  }

  /** As the process; the exit status. */
  static int run(PrintStream out, PrintStream err, String... args) {
    try {
      run(QueryArguments.parse(args), out);
      return ExitCode.DONE.number();
    } catch (JobException e) {
      err.println(e.getMessage());
      return e.exitCode().number();
    } catch (SQLException e) {
      err.println("PostgreSQL reported an error: SQLSTATE " + e.getSQLState());
      return ExitCode.STORAGE.number();
    }
  }

  private static void run(QueryArguments arguments, PrintStream out) throws SQLException {
    if (arguments.isParquet()) {
      throw new QueryRefused(
          arguments.name(), "only the lake can write Parquet: omit --on postgres, or write a .csv");
    }
    SqlQuery query = QueryFile.read(arguments.queries(), arguments.name(), DIALECTS);
    Map<String, Object> values = query.bound(arguments);
    LoadSettings settings = LoadSettings.from(SettingsFile.load(arguments.settingsFile()));
    try (Connection connection = settings.access().connect(settings.lockPatience())) {
      new PostgresQuery(connection, settings.schema())
          .run(
              query,
              values,
              (columns, rows) -> {
                QueryOutput output = new QueryOutput(names(columns));
                if (arguments.out().isPresent()) {
                  long count = output.csv(rows, arguments.out().get());
                  out.println(count + " rows in " + arguments.out().get());
                } else {
                  output.print(rows, out);
                }
                return null;
              });
    }
  }

  private static List<String> names(ResultSetMetaData columns) throws SQLException {
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= columns.getColumnCount(); i++) {
      names.add(columns.getColumnLabel(i));
    }
    return names;
  }
}
