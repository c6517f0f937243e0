package io.epicfhir.extract.bulk;

import io.epicfhir.common.LogicalRun;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Names an export by the run that asks for it, so that a rerun finds its own again. */
public final class ExportId {
  private ExportId() {}

  /** The same for every task and try of a run and group. */
  public static String of(LogicalRun run, String group) {
    return hash(run.dagId() + "\n" + run.runId() + "\n" + group);
  }

  /** The same for every run: names a group where its id may hold what a file name must not. */
  static String of(String group) {
    return hash(group);
  }

  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return "x" + HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
