package io.epicfhir.extract.bulk.manifest;

import io.epicfhir.common.Sha256;
import io.epicfhir.extract.source.answer.OutcomeWords;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How messages and reports call a file of an export. Its path at the server could name a patient,
 * so that is shown only if its last step is a resource type and a number, as with most servers.
 * Bronze and quarantine have the whole path.
 */
public final class FileLabel {
  private static final Pattern PLAIN =
      Pattern.compile(
          "([A-Za-z]+)(?:[._-]?[0-9]{1,5})?(?:[._-][0-9]{1,5})?(?:\\.ndjson|\\.json)?(?:\\.gz)?");

  private FileLabel() {}

  /**
   * What to call a file.
   *
   * @param type of its lines, as the manifest says
   * @param name its path at the server
   */
  public static String of(String type, String name) {
    String last = name.substring(name.lastIndexOf('/') + 1);
    Matcher plain = PLAIN.matcher(last);
    if (plain.matches() && OutcomeWords.isResourceType(plain.group(1))) {
      return last;
    }
    String kind = OutcomeWords.isResourceType(type) ? type : "file";
    return kind + " " + digest(name);
  }

  /** As the name of the file's receipt, in the state of the export. */
  public static String digest(String name) {
    return Sha256.hex(name, 12);
  }
}
