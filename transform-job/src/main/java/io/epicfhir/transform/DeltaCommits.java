package io.epicfhir.transform;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.common.DeltaLogFiles;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.spark.sql.SparkSession;

/**
 * What the commits of a table say of themselves: which changed rows, how many, and which are not
 * this pipeline's.
 */
final class DeltaCommits {
  /** What the user metadata of this pipeline's commits begin with; the rest says which run's. */
  private static final String OURS = "epic-fhir ";

  /** Delta's names of the operations that change no row. */
  private static final Set<String> CARE =
      Set.of(
          "OPTIMIZE",
          "REORG",
          "VACUUM START",
          "VACUUM END",
          "SET TBLPROPERTIES",
          "UNSET TBLPROPERTIES",
          "UPGRADE PROTOCOL");

  private final DeltaLogFiles log;

  /**
   * What was done to a table behind the pipeline's back.
   *
   * @param sentence for the person on call
   * @param known whether it is certain; where the log was cleaned nobody can say
   */
  record Strange(String sentence, boolean known) {}

  DeltaCommits(DeltaLogFiles log) {
    this.log = log;
  }

  /** Has all that a session commits say that it is this pipeline's, and which run's. */
  static void sign(SparkSession session) {
    session
        .conf()
        .set(
            "spark.databricks.delta.commitInfo.userMetadata",
            OURS + session.sparkContext().appName());
  }

  /**
   * The newest commit that changed rows: care of the table (OPTIMIZE, VACUUM, properties) commits,
   * too, and changes none.
   */
  OptionalLong content() {
    OptionalLong newest = log.version();
    if (newest.isEmpty()) {
      return newest;
    }
    long version = newest.getAsLong();
    while (version > 0 && log.commitInfo(version).filter(DeltaCommits::isCare).isPresent()) {
      version--;
    }
    return OptionalLong.of(version);
  }

  /** A number that the commit's writer left in it, 0 where it left none of that name. */
  long metric(long version, String name) {
    return log.commitInfo(version)
        .orElseThrow(() -> log.unreadable(version))
        .path("operationMetrics")
        .path(name)
        .asLong(0);
  }

  /** Whether the commit is a merge's. */
  boolean merged(long version) {
    return log.commitInfo(version).filter(info -> operation(info).equals("MERGE")).isPresent();
  }

  /**
   * What others did to the rows after a commit, or empty where nobody did anything.
   *
   * @param since the newest commit that is known to be right
   */
  Optional<Strange> strange(long since) {
    OptionalLong newest = log.version();
    if (newest.isEmpty()) {
      return Optional.of(new Strange("its table is gone", true));
    }
    if (newest.getAsLong() < since) {
      String told = "its newest commit is %d, where there was a commit %d";
      return Optional.of(new Strange(told.formatted(newest.getAsLong(), since), true));
    }
    for (long version = newest.getAsLong(); version > since; version--) {
      Optional<JsonNode> info = log.commitInfo(version);
      if (info.isEmpty()) {
        String told = "commit %d is no longer in its log".formatted(version);
        return Optional.of(new Strange(told, false));
      }
      boolean ours = info.get().path("userMetadata").asText().startsWith(OURS);
      if (!ours && !isCare(info.get())) {
        String told = "commit %d (%s) is somebody else's".formatted(version, operation(info.get()));
        return Optional.of(new Strange(told, true));
      }
      if (ours && operation(info.get()).endsWith("TABLE AS SELECT")) {
        break; // it replaced all that stood before
      }
    }
    return Optional.empty();
  }

  private static boolean isCare(JsonNode info) {
    return CARE.contains(operation(info));
  }

  private static String operation(JsonNode info) {
    return info.path("operation").asText();
  }
}
