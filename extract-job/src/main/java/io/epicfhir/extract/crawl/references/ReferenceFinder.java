package io.epicfhir.extract.crawl.references;

import io.epicfhir.extract.crawl.pages.References;
import java.io.Serializable;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Finds what the files of a bulk export refer to while they are taken in, when their bytes are at
 * hand, and notes it beside the rows. Nothing depends on a note: rows without one, or with one of
 * other settings, are read again.
 */
public final class ReferenceFinder implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final String FOLDER = "named";

  private final References wanted;

  /**
   * @param wanted null where nothing is
   */
  ReferenceFinder(References wanted) {
    this.wanted = wanted;
  }

  /**
   * The note of one file. Documents are left to a parser, so types that may have them get none.
   *
   * @param type of the file's resources
   * @param staging where its rows are written
   * @param name how the names of the files of its rows begin, up to "-n.parquet"
   */
  public FileReferences of(String type, Configuration hadoop, Path staging, String name) {
    boolean none = wanted == null || wanted.attachmentTypes().contains(type);
    return new FileReferences(none ? null : wanted, hadoop, place(staging, name));
  }

  /** The note of the file that a staged file's rows come from. */
  static Path note(Path staged) {
    String name = staged.getName();
    int number = name.lastIndexOf('-');
    return place(staged.getParent(), number < 0 ? name : name.substring(0, number));
  }

  /** The first line of a note: what was looked for. */
  static String looksFor(References wanted) {
    return wanted.base() + " " + new TreeSet<>(wanted.types());
  }

  private static Path place(Path staging, String name) {
    return new Path(new Path(staging, FOLDER), name + ".txt");
  }
}
