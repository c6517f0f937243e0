package io.epicfhir.common.optout;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.JobArguments;
import io.epicfhir.common.lake.Lake;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.fs.Path;

/**
 * Whether the patients in a file are those that a person has approved: days may pass between plan
 * and erasure, and the file may have changed. The digest that goes from the plan to the task after
 * the approval is keyed, since a plain hash of an MRN is found by trying all MRNs.
 */
public final class ApprovedPatients {
  /** Stands between the parts of what is approved; the patients' digest is the first. */
  public static final String SEPARATOR = ":";

  private static final int KEY_BYTES = 32;

  private final Lake lake;

  /** Of a lake, which holds the key. */
  public ApprovedPatients(Lake lake) {
    this.lake = lake;
  }

  /** A digest of the patients, in whatever order and form the file has them. */
  public String digest(NamedPatients named) {
    return digestOf(named.names());
  }

  /** A digest of names, such as {@code Patient/id}, in whatever order. */
  public String digestOf(Set<String> names) {
    Path file = lake.paths().state("approvals/key.txt");
    Optional<byte[]> known = lake.read(file).map(text -> Base64.getDecoder().decode(text.strip()));
    byte[] key = known.orElseGet(() -> newKey(file));
    return new KeyedHashes(key).of(String.join("\n", new TreeSet<>(names)));
  }

  private byte[] newKey(Path file) {
    byte[] key = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(key);
    lake.write(file, Base64.getEncoder().encodeToString(key) + "\n");
    return key;
  }

  /**
   * Compares the patients with what --approved begins with; a call by hand need not say it.
   *
   * @param doing what cannot be done otherwise, such as erase
   * @throws JobException {@link ExitCode#SETTINGS} where they are others
   */
  public void require(JobArguments arguments, NamedPatients named, String doing) {
    Optional<String> approved = arguments.approved().map(digest -> digest.split(SEPARATOR, -1)[0]);
    if (approved.filter(digest -> !digest.equals(digest(named))).isPresent()) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot "
              + doing
              + ": the list of patients "
              + arguments.patients().orElse("")
              + " is not the one that was approved. Nothing was changed. Put the patients who are"
              + " meant into the file, and trigger the DAG again: it counts again and asks for"
              + " another approval");
    }
  }
}
