package io.epicfhir.transform.lookups;

import io.epicfhir.common.Failpoint;
import io.epicfhir.common.JobException;
import io.epicfhir.common.delta.DamagedLog;
import io.epicfhir.common.delta.NewFile;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.Failures;
import io.epicfhir.transform.UnreadFile;
import io.epicfhir.transform.delta.DataFileWriter;
import io.epicfhir.transform.delta.KeptTable;
import io.epicfhir.transform.delta.TableSignature;
import io.epicfhir.transform.silver.SilverSession;
import io.epicfhir.transform.views.TargetLimits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.spark.sql.SparkSession;

/**
 * Brings the tables of lookups up to date with their files. Each stands alone: one whose file is
 * broken keeps its last good table.
 */
public final class Lookups {
  private final Supplier<SparkSession> spark;
  private final Lake lake;
  private final LookupFolders folders;
  private final LookupResults results = LookupResults.empty();

  /**
   * @param spark asked only where a table is to be built
   * @param folder of CSV files and FHIR resources
   * @param large a folder of large files, by its Hadoop path
   */
  public Lookups(
      Supplier<SparkSession> spark, Lake lake, Optional<Path> folder, Optional<String> large) {
    this.spark = spark;
    this.lake = lake;
    this.folders = new LookupFolders(lake, folder, large);
  }

  /** Builds those whose file has changed. */
  public LookupResults bringUpToDate() {
    Map<String, List<LookupSource>> named = new TreeMap<>();
    folders
        .sources()
        .forEach(
            source ->
                named
                    .computeIfAbsent(source.name().toLowerCase(Locale.ROOT), n -> new ArrayList<>())
                    .add(source));
    folders.goneLarge().ifPresent(path -> stay(path, named.keySet()));
    for (List<LookupSource> same : named.values()) {
      if (same.size() == 1) {
        LookupSource source = same.get(0);
        Failures.attempt(() -> one(source), failure -> failed(source, failure));
      } else {
        same.forEach(source -> twice(source, same));
      }
    }
    return results;
  }

  /** A folder that has lost all its files is a mount that failed: its tables count as they are. */
  private void stay(String path, Set<String> named) {
    lake.list(lake.paths().state("lookups")).stream()
        .map(file -> file.getPath().getName())
        .filter(name -> name.matches("[^.].*\\.json"))
        .flatMap(name -> table(name.replaceFirst("\\.json$", "")).known().stream())
        .filter(state -> !state.stamp().isEmpty())
        .filter(state -> !named.contains(state.lookup().toLowerCase(Locale.ROOT)))
        .forEach(
            state ->
                fail(
                    state.lookup(),
                    state.file()
                        + ": the folder "
                        + path
                        + " is missing or empty. Restore it; or, to drop the lookup,"
                        + " delete "
                        + table(state.lookup()).stateFile()));
  }

  private void twice(LookupSource source, List<LookupSource> same) {
    LookupSource other = same.get(same.get(0).equals(source) ? 1 : 0);
    fail(
        source.name(),
        source.file() + ": " + other.file() + " has the same name; rename one of the two");
  }

  private void one(LookupSource source) {
    if (!source.name().matches("[A-Za-z][A-Za-z0-9_]*")) {
      throw new LookupRefused(
          source.file(),
          0,
          "the file's name becomes the table's name: use letters, digits and _, beginning with a letter");
    }
    results.done().put(source.name(), brought(source));
  }

  private void failed(LookupSource source, Throwable failure) {
    if (failure instanceof LookupRefused refused) {
      fail(source.name(), refused.getMessage());
      return;
    }
    if (UnreadFile.in(failure).isPresent()) {
      fail(source.name(), source.file() + ": " + LookupSource.UNREADABLE);
      return;
    }
    RuntimeException told = Failures.ofTable("lookup " + source.name(), failure);
    String why =
        told instanceof JobException known
            ? known.getMessage()
            : "it failed with " + failure.getClass().getName() + "; see the task's log";
    fail(source.name(), told instanceof DamagedLog ? why : source.file() + ": " + why);
  }

  private void fail(String name, String message) {
    results.failed().put(name, "Lookup " + name + " keeps its last good table. " + message);
    table(name).lastGood().ifPresent(state -> results.lastGood().put(name, state));
  }

  private LookupResults.Done brought(LookupSource source) {
    LookupTable table = table(source.name());
    KeptTable.Left<LookupState> known = table.left();
    Optional<LookupState> left = known.state();
    Optional<String> strange = known.unread().or(() -> left.flatMap(table.kept()::differs));
    Optional<LookupState> before =
        left.filter(state -> strange.isEmpty()).filter(state -> state.file().equals(source.file()));
    String stamp = source.stamp();
    if (!stamp.isEmpty() && before.filter(state -> state.stamp().equals(stamp)).isPresent()) {
      return new LookupResults.Done(before.get(), false);
    }
    LookupSource.Read read = source.read(before);
    if (read.table().isEmpty()) {
      LookupState same = before.orElseThrow().stamped(stamp);
      return new LookupResults.Done(stamp.isEmpty() ? same : table.keep(same), false);
    }
    notEmptied(source, left, read.table().get());
    LookupState state = built(source, table.kept(), read.hash(), read.table().get());
    strange.ifPresent(why -> results.changed().put(source.name(), why));
    return new LookupResults.Done(table.keep(state), true);
  }

  /** A file with nothing but its header is more likely half an upload than what somebody meant. */
  private void notEmptied(
      LookupSource source, Optional<LookupState> left, LookupSource.Table content) {
    long rows = left.map(LookupState::rows).orElse(0L);
    if (content.count() == 0 && rows > 0) {
      throw new LookupRefused(
          source.file(),
          0,
          "the file has no rows, but the table has "
              + rows
              + "; restore the rows; or, to empty the table, delete "
              + table(source.name()).stateFile());
    }
  }

  private LookupState built(
      LookupSource source, KeptTable table, String hash, LookupSource.Table content) {
    TargetLimits.problem(source.name(), List.of(content.columns().fieldNames()))
        .ifPresent(
            problem -> {
              throw new LookupRefused(source.file(), 0, problem);
            });
    SparkSession session = SilverSession.of(spark.get(), content.bytes(), 0);
    session.sparkContext().setJobGroup("lookups", "lookup " + source.name(), false);
    table.removeLeftovers();
    List<NewFile> files =
        new DataFileWriter(table.path(), content.columns(), Optional.empty(), Optional.empty())
            .write(content.rows().apply(session));
    long rows = files.stream().mapToLong(NewFile::rows).sum();
    if (rows != content.count()) {
      table.remove(files);
      throw new LookupRefused(
          source.file(),
          0,
          "the file has "
              + content.count()
              + " rows, but Spark read "
              + rows
              + "; if it was being replaced, rerun");
    }
    Failpoint.at("lookup.commit");
    long version =
        table.build(
            KeptTable.definition(content.columns(), content.description(), false),
            files,
            TableSignature.of(session));
    Failpoint.at("lookup.committed");
    return new LookupState(
        source.name(),
        source.file(),
        hash,
        source.stamp(),
        content.url(),
        version,
        table.log().identity(version).orElse(""),
        rows,
        files.stream().mapToLong(NewFile::bytes).sum());
  }

  private LookupTable table(String name) {
    return new LookupTable(lake, name);
  }
}
