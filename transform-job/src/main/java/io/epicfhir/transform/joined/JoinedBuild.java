package io.epicfhir.transform.joined;

import io.epicfhir.common.Failpoint;
import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.NewFile;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.DeletionVectors;
import io.epicfhir.transform.delta.KeptTable;
import io.epicfhir.transform.delta.TableScan;
import io.epicfhir.transform.delta.TableSignature;
import io.epicfhir.transform.delta.TableWriter;
import io.epicfhir.transform.sqlviews.AnalysedView;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;

/** Builds one joined table, whole or the rows of some keys, in at most one commit. */
final class JoinedBuild {
  /** So many keys are looked up one by one whatever share of the table they are. */
  private static final long ALWAYS_FEW = 1_000;

  /** So much is read whatever share of it is needed: less than a plan costs. */
  private static final long LITTLE = 16L << 20;

  private final Lake lake;
  private final DeletionVectors vectors;
  private final KeptTable table;
  private final AnalysedView analysed;
  private final SqlSession sql;
  private final TableWriter writer;
  private final String description;

  /**
   * What was done.
   *
   * @param version the newest commit of the table that changed rows
   */
  record Outcome(JoinedResults.Built built, long version, long touched, long changed) {}

  JoinedBuild(
      Lake lake,
      DeletionVectors vectors,
      JoinedTable table,
      AnalysedView analysed,
      SqlSession sql) {
    this.lake = lake;
    this.vectors = vectors;
    this.table = table.kept();
    this.analysed = analysed;
    this.sql = sql;
    this.description = table.view().description();
    this.writer =
        new TableWriter(
            lake, this.table.path(), analysed.schema(), Optional.empty(), Optional.empty());
  }

  /** Builds the table whole; without a commit where it has these rows already. */
  Outcome whole(Optional<JoinedState> before, KeyQuery query) {
    table.removeLeftovers();
    Optional<TableSnapshot> old = table.log().snapshot();
    List<NewFile> files =
        fewRows(query)
            .map(rows -> writer.write(rows.iterator()))
            .orElseGet(() -> writer.write(sql.open().rows()));
    if (before.isPresent()
        && old.filter(this::isOfThisShape).isPresent()
        && same(files, old.get())) {
      table.remove(files);
      return nothing(0);
    }
    Failpoint.at("joined.commit");
    boolean marks = vectors.wanted(files.stream().mapToLong(NewFile::bytes).sum());
    long version =
        table.build(
            KeptTable.definition(analysed.schema(), description, marks),
            files,
            TableSignature.of(sql.spark()));
    Failpoint.at("joined.committed");
    return new Outcome(JoinedResults.Built.WHOLE, version, 0, 0);
  }

  private Optional<List<InternalRow>> fewRows(KeyQuery query) {
    return sql.bytes() <= LITTLE ? SqlFailure.unlessOfRows(query::all) : Optional.empty();
  }

  private boolean same(List<NewFile> files, TableSnapshot old) {
    long count = files.stream().mapToLong(NewFile::rows).sum();
    if (old.rows().orElse(-1) != count) {
      return false;
    }
    List<DataFile> written =
        files.stream()
            .map(
                file ->
                    new DataFile(
                        file.path(),
                        Map.of(),
                        file.bytes(),
                        java.util.OptionalLong.of(file.rows()),
                        Optional.empty(),
                        Map.of()))
            .toList();
    return new RowDigest(analysed.schema())
        .same(
            scan().dataset(written, analysed.columns()),
            scan().dataset(old.files(), analysed.columns()));
  }

  /** Whether the table's columns and comment are those of the SQLView. */
  boolean isOfThisShape(TableSnapshot snapshot) {
    return DataType.fromJson(snapshot.schemaJson()).equals(analysed.schema())
        && snapshot.description().equals(description);
  }

  /**
   * Replaces the rows of keys; empty where there are so many that the whole table is less work.
   *
   * @param keys each once, in Spark's own form
   */
  Optional<Outcome> keys(JoinedState before, Set<Object> keys, KeyQuery query) {
    TableSnapshot old = table.log().snapshot().orElseThrow();
    if (!isOfThisShape(old)) {
      return Optional.empty();
    }
    long number = keys.size();
    if (number == 0) {
      return Optional.of(nothing(0));
    }
    boolean most = number * 2 > before.rows();
    if (number > TouchedKeys.FEW || (number > ALWAYS_FEW && most)) {
      return Optional.empty();
    }
    ReplacedKeys replaced =
        new ReplacedKeys(sql.spark(), query, scan(), lake, vectors, table, analysed, writer);
    boolean few = !most || sql.bytes() <= LITTLE;
    return Optional.of(replaced.of(old, keys, few).orElseGet(() -> nothing(number)));
  }

  /** No commit; after a crash the newest one may be younger than the state. */
  private Outcome nothing(long touched) {
    long version = TableSignature.content(table.log()).orElseThrow();
    return new Outcome(JoinedResults.Built.NONE, version, touched, 0);
  }

  private TableScan scan() {
    return new TableScan(sql.spark(), lake, table.path(), analysed.schema(), Optional.empty());
  }
}
