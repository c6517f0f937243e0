package io.epicfhir.common.optout;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/** The key of a list of opt-outs, {@code state/opt-outs/key.txt}; made at first use. */
final class OptOutKey {
  private static final int BYTES = 32;

  private final Lake lake;
  private final Path file;

  OptOutKey(Lake lake, Path file) {
    this.lake = lake;
    this.file = file;
  }

  Optional<KeyedHashes> find() {
    return lake.read(file).map(text -> new KeyedHashes(Base64.getDecoder().decode(text.strip())));
  }

  KeyedHashes make() {
    byte[] key = new byte[BYTES];
    new SecureRandom().nextBytes(key);
    lake.write(file, Base64.getEncoder().encodeToString(key) + "\n");
    return new KeyedHashes(key);
  }

  static JobException isGone() {
    return new JobException(
        ExitCode.STORAGE,
        "Cannot tell which patients opted out: state/opt-outs/key.txt is missing; restore it from a"
            + " backup");
  }
}
