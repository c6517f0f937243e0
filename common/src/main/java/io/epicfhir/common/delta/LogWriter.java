package io.epicfhir.common.delta;

import io.delta.kernel.data.Row;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.internal.actions.Format;
import io.delta.kernel.internal.actions.Metadata;
import io.delta.kernel.internal.types.DataTypeJsonSerDe;
import io.delta.kernel.internal.util.VectorUtils;
import io.delta.kernel.types.StringType;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.apache.hadoop.fs.Path;

/** The commits that this pipeline makes by itself. */
final class LogWriter {
  /** So often another's commit that does not matter may come first. */
  private static final int TRIES = 10;

  private final Path table;
  private final LogReader reader;
  private final CommitWriter writer;

  LogWriter(Path table, LogReader reader, CommitWriter writer) {
    this.table = table;
    this.reader = reader;
    this.writer = writer;
  }

  long create(TableDefinition definition, List<NewFile> files, String signature) {
    return anew(Optional.empty(), definition, files, signature);
  }

  long replace(TableDefinition definition, List<NewFile> files, String signature) {
    return anew(Optional.of(newest()), definition, files, signature);
  }

  private long anew(
      Optional<SnapshotImpl> before,
      TableDefinition definition,
      List<NewFile> files,
      String signature) {
    List<DataFile> old =
        before.map(reader::adds).orElseGet(List::of).stream().map(FileActions::file).toList();
    SignedCommitter committer =
        new SignedCommitter(
            before.isPresent() ? "REPLACE TABLE" : "CREATE TABLE",
            TableChange.metrics(files, old),
            signature);
    CommitWriter.Plan plan =
        new CommitWriter.Plan(before, Optional.of(metadata(definition)), true, Optional.empty());
    return writer
        .commit(plan, files.stream().map(FileActions::add).toList(), committer)
        .orElseThrow(
            () -> new CommitConflict(table, "someone else committed to it in the meantime"));
  }

  long change(TableChange change, String signature, Optional<AppTransaction> transaction) {
    SignedCommitter committer = new SignedCommitter("WRITE", change.metrics(), signature);
    for (int tries = 0; tries < TRIES; tries++) {
      SnapshotImpl now = newest();
      if (change.isOlder(now)) {
        throw change.conflict("it no longer has version " + change.readVersion());
      }
      List<Row> actions =
          change.actions(
              reader.changes(change.readVersion(), now.getVersion()),
              change.removesFiles() ? reader.adds(now) : List.of());
      Optional<Long> version =
          writer.commit(
              new CommitWriter.Plan(Optional.of(now), Optional.empty(), false, transaction),
              actions,
              committer);
      if (version.isPresent()) {
        return version.get();
      }
    }
    throw change.conflict("other writers keep committing to it");
  }

  long setProperties(Map<String, String> properties, String signature) {
    SnapshotImpl now = newest();
    return writer
        .commit(
            new CommitWriter.Plan(
                Optional.of(now),
                Optional.of(now.getMetadata().withMergedConfiguration(properties)),
                false,
                Optional.empty()),
            List.of(),
            new SignedCommitter("SET TBLPROPERTIES", Map.of(), signature))
        .orElseThrow(
            () -> new CommitConflict(table, "someone else committed to it in the meantime"));
  }

  private static Metadata metadata(TableDefinition definition) {
    return new Metadata(
        UUID.randomUUID().toString(),
        Optional.empty(),
        Optional.of(definition.description()).filter(text -> !text.isEmpty()),
        new Format(),
        definition.schemaJson(),
        DataTypeJsonSerDe.deserializeStructType(definition.schemaJson()),
        VectorUtils.buildArrayValue(definition.partitionColumns(), StringType.STRING),
        Optional.of(System.currentTimeMillis()),
        VectorUtils.stringStringMapValue(definition.configuration()));
  }

  private SnapshotImpl newest() {
    if (reader.listing().newest().isEmpty()) {
      throw new JobException(
          ExitCode.STORAGE,
          "Cannot commit to the Delta table "
              + table
              + ": it has no _delta_log, so someone may have deleted or moved it; find out who, then"
              + " rerun from transform");
    }
    return reader.load(OptionalLong.empty());
  }
}
