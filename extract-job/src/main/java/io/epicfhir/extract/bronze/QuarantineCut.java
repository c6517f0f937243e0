package io.epicfhir.extract.bronze;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.common.optout.ParquetRows;
import io.epicfhir.common.optout.QuarantinedGroups;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;

/**
 * Staged files of quarantine without the lines of patients whose records stay out. Whose a line is
 * may be known only by a later one: by the next lines of the same resource, or by another resource.
 */
public final class QuarantineCut {
  private final Lake lake;

  /**
   * What is left.
   *
   * @param files the files, of which some are copies
   * @param gone how many lines went, by their reason
   */
  public record Left(List<StagedFile> files, Map<String, Long> gone) {}

  /** Of a lake. */
  public QuarantineCut(Lake lake) {
    this.lake = lake;
  }

  /** The same of a crawl's, of which each row is a resource. */
  public List<StagedFile> withoutRows(List<StagedFile> files, OptOuts optOuts) {
    return without(
            files,
            row -> {
              byte[] line = ParquetRows.bytes(row, "line");
              return QuarantinedGroups.names(optOuts, line, 0, line.length);
            })
        .files();
  }

  /** Without what names somebody on the list by now; the files that were given stay. */
  public Left without(List<StagedFile> files, OptOuts optOuts) {
    QuarantinedGroups groups = QuarantinedGroups.of(optOuts);
    for (StagedFile file : files) {
      at(file)
          .ifPresent(
              path ->
                  ParquetRows.any(
                      lake.hadoop(),
                      path,
                      row -> {
                        groups.takeKept(source(row), number(row), ParquetRows.bytes(row, "line"));
                        return false;
                      }));
    }
    return without(files, groups);
  }

  /** Without these lines; the files that were given stay. */
  public Left without(List<StagedFile> files, QuarantinedGroups groups) {
    return groups.any()
        ? without(files, row -> groups.goes(source(row), number(row)))
        : new Left(files, Map.of());
  }

  private Left without(List<StagedFile> files, Predicate<Group> goes) {
    List<StagedFile> left = new ArrayList<>();
    Map<String, Long> gone = new TreeMap<>();
    for (StagedFile file : files) {
      without(file, goes, gone).ifPresent(left::add);
    }
    return new Left(left, gone);
  }

  private Optional<StagedFile> without(
      StagedFile file, Predicate<Group> goes, Map<String, Long> gone) {
    Optional<Path> from = at(file).filter(path -> ParquetRows.any(lake.hadoop(), path, goes));
    if (from.isEmpty()) {
      return Optional.of(file);
    }
    Path to = new Path(new Path(file.path()).getParent(), UUID.randomUUID() + ".parquet");
    ParquetRows.Copy copy =
        ParquetRows.copy(
            lake.hadoop(),
            from.get(),
            to,
            row -> {
              if (!goes.test(row)) {
                return Optional.of(row);
              }
              if (row.getInteger("part", 0) == 0) {
                gone.merge(text(row, "reason"), 1L, Long::sum);
              }
              return Optional.empty();
            });
    return Optional.of(
            new StagedFile(file.type(), file.kind(), to.toString(), copy.rows(), copy.bytes()))
        .filter(left -> left.rows() > 0);
  }

  /** An earlier try may have put it into quarantine already. */
  private Optional<Path> at(StagedFile file) {
    Path staged = new Path(file.path());
    return lake.length(staged).isPresent()
        ? Optional.of(staged)
        : Staging.quarantined(lake, staged.getName());
  }

  private static String source(Group row) {
    return text(row, "source_file");
  }

  private static long number(Group row) {
    return row.getLong("source_line", 0);
  }

  private static String text(Group row, String column) {
    return new String(ParquetRows.bytes(row, column), StandardCharsets.UTF_8);
  }
}
