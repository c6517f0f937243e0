package io.epicfhir.extract.bulk.ledger;

import io.epicfhir.common.LogicalRun;
import io.epicfhir.common.Sha256;

/** Names an export by the run that asks for it, so that a rerun finds its own again. */
public final class ExportId {
  private ExportId() {}

  /** The same for every task and try of a run and group. */
  public static String of(LogicalRun run, String group) {
    return hash(run.dagId() + "\n" + run.runId() + "\n" + group);
  }

  /** The same for every run: names a group where its id may hold what a file name must not. */
  public static String of(String group) {
    return hash(group);
  }

  private static String hash(String text) {
    return "x" + Sha256.hex(text, 8);
  }
}
