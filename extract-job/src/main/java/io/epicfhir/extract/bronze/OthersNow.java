package io.epicfhir.extract.bronze;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.OptOuts;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.fs.Path;

/**
 * What was on the opt-out list and is another patient's by what an export or a crawl has read: the
 * keyed hashes, in {@code others.txt} beside the spool, which is there as long as the reads are. A
 * file of the export that was made before them may still have it as a listed patient's. By that
 * text it must not go on the list again: the next look at the reads would only take it off.
 */
public final class OthersNow {
  private final Lake lake;
  private final Path file;

  /**
   * Of an export or a crawl that has not landed.
   *
   * @param folder where its spool is
   */
  public OthersNow(Lake lake, Path folder) {
    this.lake = lake;
    this.file = new Path(folder, "others.txt");
  }

  /** The opt-out list as it is now, which knows them. */
  public OptOuts list() {
    return new OptOutList(lake).load().knowing(read());
  }

  /** Notes what comes as another patient's by what was read, which the list has as well. */
  public void note(OptOuts compared) {
    Set<String> all = new TreeSet<>(read());
    if (all.addAll(compared.shown())) {
      lake.write(file, String.join("\n", all));
    }
  }

  private Set<String> read() {
    Set<String> all = new TreeSet<>();
    lake.read(file).stream().flatMap(String::lines).forEach(all::add);
    return all;
  }
}
