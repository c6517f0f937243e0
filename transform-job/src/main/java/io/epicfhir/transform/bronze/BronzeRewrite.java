package io.epicfhir.transform.bronze;

import io.epicfhir.common.Failpoint;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.optout.ParquetRows;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;

/**
 * Puts copies without some rows in the place of bronze's files. The copies take their place in the
 * landing in one step, with their rows and bytes, so that a landing is true at every moment; what
 * no landing names goes after that. The caller holds the lock of the tables.
 */
public final class BronzeRewrite {
  private static final String COPY = "-w[0-9a-f]{8}\\.parquet";

  /** As extract names them. */
  private static final Pattern PUBLISHED =
      Pattern.compile("(?<export>.+)-[0-9a-f]{8}-[0-9]+\\.parquet");

  private final Lake lake;
  private final Landings landings;
  private final Set<String> named = new HashSet<>();
  private final Set<String> replaced = new HashSet<>();

  public BronzeRewrite(Lake lake) {
    this.lake = lake;
    this.landings = new Landings(lake);
  }

  /** Every landing, oldest export first. */
  public List<Landing> landings() {
    return landings.all();
  }

  /**
   * A copy beside the file.
   *
   * @param row gives what a row becomes; empty where it goes
   * @return empty where no row stays
   */
  public Optional<Landing.File> copy(Landing.File file, Function<Group, Optional<Group>> row) {
    Path from = lake.paths().at(file.path());
    String folder = file.path().substring(0, file.path().lastIndexOf('/') + 1);
    String name = from.getName().replaceFirst("(" + COPY + "|\\.parquet)$", "");
    String to = folder + name + "-w" + UUID.randomUUID().toString().substring(0, 8) + ".parquet";
    ParquetRows.Copy copy = ParquetRows.copy(lake.hadoop(), from, lake.paths().at(to), row);
    return copy.rows() == 0
        ? Optional.empty()
        : Optional.of(
            new Landing.File(file.resourceType(), to, copy.rows(), copy.bytes(), file.kind()));
  }

  /**
   * Shows a landing's files, where they are others than before. An export that landed anew in the
   * meantime keeps what it brought, and its copies go.
   *
   * @param failpoint where a test stops it
   */
  public void show(Landing landing, List<Landing.File> files, String failpoint) {
    Landing shown = landing;
    if (!files.equals(landing.files())) {
      Failpoint.at(failpoint);
      shown = landings.find(landing.exportId()).orElse(landing);
      if (shown.equals(landing)) {
        shown = landing.reduced(files, Instant.now());
        landings.publish(shown);
        landing.files().forEach(file -> replaced.add(place(lake.paths().at(file.path()))));
      }
    }
    name(shown);
  }

  /**
   * Removes files that no landing names any more, or never did: replaced ones, and what a withdrawn
   * landing or a try that broke off left. What an extract has brought since the landings were
   * listed stays, whether its landing shows by now or is about to.
   *
   * @param going which of them; gets the resource type and the file. Replaced ones and copies
   *     always go
   */
  public void removeUnnamed(BiPredicate<String, FileStatus> going) {
    List<Unnamed> unnamed = new ArrayList<>();
    for (FileStatus type : lake.list(lake.paths().at("bronze"))) {
      String name = type.getPath().getName().replaceFirst("^resource_type=", "");
      for (FileStatus date : lake.list(type.getPath())) {
        for (FileStatus file : date.isDirectory() ? lake.list(date.getPath()) : List.of(date)) {
          if (isUnnamed(file)) {
            unnamed.add(new Unnamed(name, file));
          }
        }
      }
    }
    List<Unnamed> others = new ArrayList<>(unnamed);
    others.removeIf(one -> isOver(one.file().getPath()) || isComing(one.file().getPath()));
    if (!others.isEmpty()) {
      landings().forEach(this::name); // after the plans: each is there until its landing shows
    }
    others.removeIf(one -> !isUnnamed(one.file()) || !going.test(one.type(), one.file()));
    unnamed.removeIf(one -> !isOver(one.file().getPath()) && !others.contains(one));
    unnamed.forEach(one -> lake.delete(one.file().getPath()));
  }

  private record Unnamed(String type, FileStatus file) {}

  /** Whether an extract is about to show it, or will be when it is run again. */
  private boolean isComing(Path file) {
    Matcher published = PUBLISHED.matcher(file.getName());
    return published.matches()
        && lake.exists(
            lake.paths().state("exports/" + published.group("export") + "/publication.json"));
  }

  private void name(Landing landing) {
    landing.files().forEach(file -> named.add(place(lake.paths().at(file.path()))));
  }

  /** Where it lies: files of two types can have one name. */
  private static String place(Path file) {
    return file.toUri().getPath();
  }

  private boolean isUnnamed(FileStatus file) {
    return file.isFile() && !named.contains(place(file.getPath()));
  }

  /** One that was replaced, or that a try that broke off had not shown yet. */
  private boolean isOver(Path file) {
    return replaced.contains(place(file)) || file.getName().matches(".*" + COPY);
  }
}
