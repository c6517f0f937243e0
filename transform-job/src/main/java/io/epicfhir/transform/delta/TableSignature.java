package io.epicfhir.transform.delta;

import io.epicfhir.common.LogicalRun;
import io.epicfhir.common.delta.CommitFiles;
import io.epicfhir.common.delta.CommitInfo;
import io.epicfhir.common.delta.TableLog;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.spark.sql.SparkSession;

/** How this pipeline signs its commits, and which commits changed rows. */
public final class TableSignature {
  /** What the user metadata of this pipeline's commits begin with; the rest says which run's. */
  private static final String OURS = "epic-fhir ";

  private static final String REBUILDS = " rebuilds=";

  private TableSignature() {}

  /** What the commits of a run are signed with. */
  public static String of(LogicalRun run) {
    return OURS + run.dagId() + "." + run.taskId() + " " + run.runId();
  }

  /** What a session's commits are signed with. */
  public static String of(SparkSession session) {
    return OURS + session.sparkContext().appName();
  }

  /** The signature of a commit that replaces all rows of some resource types. */
  public static String rebuilding(String signature, Set<String> types) {
    return types.isEmpty() ? signature : signature + REBUILDS + String.join(",", types);
  }

  /** The types all rows of which a commit of this pipeline replaced. */
  public static Set<String> rebuilt(CommitInfo commit) {
    String text = commit.userMetadata();
    int at = text.lastIndexOf(REBUILDS);
    return isOurs(commit) && at > 0
        ? Set.of(text.substring(at + REBUILDS.length()).split(","))
        : Set.of();
  }

  /** Has all that a session commits by Spark's Delta signed in the same way. */
  public static void sign(SparkSession session) {
    session.conf().set("spark.databricks.delta.commitInfo.userMetadata", of(session));
  }

  /** Whether this pipeline made the commit. */
  public static boolean isOurs(CommitInfo commit) {
    return commit.signedBy(OURS);
  }

  /**
   * The newest commit that changed rows, or empty where there is no table: maintenance (OPTIMIZE,
   * VACUUM, properties) commits, too, and changes none.
   */
  public static OptionalLong content(TableLog log) {
    OptionalLong newest = log.version();
    if (newest.isEmpty()) {
      return newest;
    }
    long version = newest.getAsLong();
    while (version > 0) {
      Optional<List<CommitFiles>> commit = log.changes(version - 1, version);
      if (commit.isEmpty() || commit.get().get(0).changesTable()) {
        break;
      }
      version--;
    }
    return OptionalLong.of(version);
  }
}
