package io.epicfhir.transform.joined;

import io.epicfhir.transform.TestLake;
import io.epicfhir.transform.delta.InternalRows;
import io.epicfhir.transform.delta.KeptTable;
import io.epicfhir.transform.delta.TableWriter;
import io.epicfhir.transform.sqlviews.AnalysedView;
import io.epicfhir.transform.sqlviews.SqlCatalog;
import io.epicfhir.transform.sqlviews.SqlView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.io.FileUtils;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Tables a, b, other and the lookup l, which SQLViews of a test read. */
final class PlanTables implements AfterAllCallback, AutoCloseable {
  private static final String HEAD =
      "-- description: x\n-- depends: a, b, c as other, lookup l\n-- key: k\n";

  private final Path folder;
  private final TestLake lake;
  private final SparkSession session;
  private final SourceTables tables;

  private PlanTables(Path folder, JoinedLimits limits) {
    this.folder = folder;
    this.lake = new TestLake(folder);
    this.session = SourceTables.session(TestLake.spark(), 0, limits);
    this.tables = new SourceTables(session, lake.lake(), limits);
  }

  /** For a test class, as an extension that removes them at its end. */
  static PlanTables ofClass() {
    try {
      return new PlanTables(Files.createTempDirectory("plan-tables"), JoinedLimits.of(10 << 20));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same tables under other limits. */
  PlanTables with(JoinedLimits limits) {
    return new PlanTables(folder, limits);
  }

  @Override
  public void afterAll(ExtensionContext context) throws IOException {
    close();
    FileUtils.deleteDirectory(folder.toFile());
  }

  /** A SQLView of these tables whose key is k. */
  static SqlView view(String sql) {
    return view(sql, "");
  }

  /** The same with more lines above. */
  static SqlView view(String sql, String lines) {
    return SqlCatalog.read(HEAD + lines + sql, "t.sql");
  }

  SqlSession sql(SqlView view) {
    return new SqlSession(
        session,
        view,
        tables,
        Map.of("a", source("a"), "b", source("b"), "other", source("c"), "l", source("l")));
  }

  SourceTables sources() {
    return tables;
  }

  Dataset<Row> rows(SqlView view) {
    try (SqlSession sql = sql(view)) {
      return sql.open().rows();
    }
  }

  AnalysedView analysed(String sql) {
    SqlView view = view(sql);
    return AnalysedView.of(view, InternalRows.analysed(rows(view)));
  }

  private Source source(String name) {
    boolean lookup = name.equals("l");
    org.apache.hadoop.fs.Path path =
        lookup ? lake.lake().paths().lookup(name) : lake.lake().paths().view(name);
    KeptTable table = new KeptTable(lake.lake(), path);
    if (table.log().version().isEmpty()) {
      StructType columns =
          lookup
              ? StructType.fromDDL("code string, class string")
              : new StructType()
                  .add("k", "string")
                  .add("j", "string")
                  .add(
                      "v",
                      DataTypes.StringType,
                      true,
                      new MetadataBuilder()
                          .putString("fhirType", name.equals("b") ? "decimal" : "string")
                          .build())
                  .add("vs", "array<string>")
                  .add("w", "string");
      List<Row> rows =
          lookup
              ? List.of(RowFactory.create("c", "x"))
              : List.of(
                  RowFactory.create("1", "2", "c", new String[] {"v"}, "w"),
                  RowFactory.create("2", null, "d", new String[] {"v", null}, "w"),
                  RowFactory.create("3", "1", "c", null, "y"));
      table.build(
          KeptTable.definition(columns, "", false),
          new TableWriter(lake.lake(), path, columns, Optional.empty(), Optional.empty())
              .write(TestLake.spark().createDataFrame(rows, columns).coalesce(1)),
          "epic-fhir test");
    }
    return Source.of((lookup ? "lookups/" : "views/") + name, path, 0, "", 1000);
  }

  @Override
  public void close() {
    tables.close();
  }
}
