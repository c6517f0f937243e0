package io.epicfhir.extract;

import io.epicfhir.common.LogicalRun;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Names an export by the run that asks for it, so that a rerun finds its own again. */
final class ExportId {
  private ExportId() {}

  /** The same for every task and try of a run and group. */
  static String of(LogicalRun run, String group) {
    String text = run.dagId() + "\n" + run.runId() + "\n" + group;
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return "x" + HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
