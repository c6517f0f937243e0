package io.epicfhir.extract.bronze;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.optout.EntriesOfBundle;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.common.optout.ParquetRows;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;

/**
 * The second look at rows that are staged: what refers to nothing but a resource that stayed out
 * (the Provenance of a new Observation; the record under the id that somebody on the list was
 * merged into) is known only when all files are there.
 */
public final class LateOptOuts {
  private static final String RESOURCE = "resource";

  private final Lake lake;
  private final OthersNow others;

  /**
   * What became of a file.
   *
   * @param file itself, a smaller one or none
   * @param keptOut what went of it, as {@link io.epicfhir.common.optout.KeptOut} has it
   */
  public record Left(Optional<StagedFile> file, Set<String> keptOut) {
    public Left {
      keptOut = Set.copyOf(keptOut);
    }
  }

  /**
   * Of an export or a crawl.
   *
   * @param others what goes on the list for no row
   */
  public LateOptOuts(Lake lake, OthersNow others) {
    this.lake = lake;
    this.others = others;
  }

  /**
   * Looks until nothing new is found.
   *
   * @param learned hashes of what stayed out and was not on the list before
   * @return what became of each file, by the path that it was given with
   */
  public Map<String, Left> settle(List<StagedFile> staged, Set<String> learned) {
    Map<String, Left> files = new TreeMap<>();
    staged.forEach(file -> files.put(file.path(), new Left(Optional.of(file), Set.of())));
    OptOutList list = new OptOutList(lake);
    Set<String> news = learned;
    while (!news.isEmpty()) {
      list.learn(news);
      OptOuts optOuts = others.list();
      Set<String> found = new TreeSet<>();
      files.replaceAll(
          (path, left) -> {
            OptOuts own = optOuts.copy();
            Optional<StagedFile> now = left.file().flatMap(file -> look(file, own));
            found.addAll(own.learned());
            Set<String> keptOut = new TreeSet<>(left.keptOut());
            keptOut.addAll(own.keptOut());
            return new Left(now, keptOut);
          });
      news = found;
    }
    return files;
  }

  private Optional<StagedFile> look(StagedFile file, OptOuts optOuts) {
    Path path = new Path(file.path());
    if (!ParquetRows.any(lake.hadoop(), path, row -> staysOut(file, row, optOuts))) {
      return Optional.of(file);
    }
    Path to = new Path(path.getParent(), UUID.randomUUID() + ".parquet");
    ParquetRows.Copy copy =
        ParquetRows.copy(lake.hadoop(), path, to, row -> staying(file, row, optOuts));
    lake.delete(path);
    return Optional.of(
            new StagedFile(file.type(), file.kind(), to.toString(), copy.rows(), copy.bytes()))
        .filter(left -> left.rows() > 0);
  }

  private static boolean staysOut(StagedFile file, Group row, OptOuts optOuts) {
    byte[] text = ParquetRows.bytes(row, RESOURCE);
    if (file.kind() == Landing.Kind.DELETIONS) {
      return optOuts.in(text, 0, text.length);
    }
    String id = new String(ParquetRows.bytes(row, "id"), StandardCharsets.UTF_8);
    return optOuts.keepsOut(file.type(), id, text, 0, text.length);
  }

  private static Optional<Group> staying(StagedFile file, Group row, OptOuts optOuts) {
    if (!staysOut(file, row, optOuts)) {
      return Optional.of(row);
    }
    if (file.kind() != Landing.Kind.DELETIONS) {
      return Optional.empty();
    }
    byte[] rest =
        EntriesOfBundle.without(
            ParquetRows.bytes(row, RESOURCE), entry -> optOuts.in(entry, 0, entry.length));
    return Optional.of(ParquetRows.with(row, RESOURCE, rest));
  }
}
