package io.epicfhir.load.spi;

import io.epicfhir.common.lake.Lake;
import org.apache.hadoop.fs.Path;

/**
 * A Delta table of the lake that the target gets a table for.
 *
 * @param name its name there and here
 */
public record LakeTable(Kind kind, String name) {

  /** What a table is made of; in the order in which they are loaded. */
  public enum Kind {
    VIEW("views", "view", "tables", "correct the ViewDefinition"),
    JOINED("joined", "joined table", "joined", "correct its file in conf/joined"),
    LOOKUP("lookups", "lookup", "lookups", "correct its file in conf/lookups");

    private final String folder;
    private final String word;
    private final String result;
    private final String remedy;

    Kind(String folder, String word, String result, String remedy) {
      this.folder = folder;
      this.word = word;
      this.result = result;
      this.remedy = remedy;
    }

    /** The folder of the lake. */
    String folder() {
      return folder;
    }

    /** What people call it. */
    String word() {
      return word;
    }

    /** Where the run report has those that were loaded. */
    public String result() {
      return result;
    }

    /** Where the run report has those that were not. */
    public String refused() {
      return "refused_" + folder;
    }

    /** What to do about one that no table can be made of. */
    String remedy() {
      return remedy;
    }
  }

  /** The Delta table. */
  Path path(Lake lake) {
    return new Path(lake.paths().at(kind.folder()), name);
  }

  @Override
  public String toString() {
    return kind.word() + " " + name;
  }
}
