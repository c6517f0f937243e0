package io.epicfhir.common.delta;

import io.delta.kernel.commit.CommitFailedException;
import io.delta.kernel.commit.CommitMetadata;
import io.delta.kernel.commit.CommitResponse;
import io.delta.kernel.commit.Committer;
import io.delta.kernel.data.Row;
import io.delta.kernel.engine.Engine;
import io.delta.kernel.internal.actions.CommitInfo;
import io.delta.kernel.internal.actions.SingleAction;
import io.delta.kernel.internal.commit.DefaultFileSystemManagedTableOnlyCommitter;
import io.delta.kernel.internal.data.GenericRow;
import io.delta.kernel.internal.util.VectorUtils;
import io.delta.kernel.types.StringType;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterator;
import java.util.HashMap;
import java.util.Map;

/**
 * Commits with the operation, counts and signature that Kernel has no words for: Spark's commits
 * have them, and a reader of the log must not have to know who wrote it.
 *
 * @param operation Delta's name of what is done
 * @param metrics counts, under the names that Spark gives them
 * @param signature who asked for it
 */
record SignedCommitter(String operation, Map<String, String> metrics, String signature)
    implements Committer {
  private static final StructType INFO =
      CommitInfo.FULL_SCHEMA.add("userMetadata", StringType.STRING, true);
  private static final StructType ACTION = new StructType().add("commitInfo", INFO);

  @Override
  public CommitResponse commit(Engine engine, CloseableIterator<Row> actions, CommitMetadata about)
      throws CommitFailedException {
    Row signed = signed(about.getCommitInfo());
    return DefaultFileSystemManagedTableOnlyCommitter.INSTANCE.commit(
        engine,
        actions.map(row -> row.isNullAt(SingleAction.COMMIT_INFO_ORDINAL) ? row : signed),
        about);
  }

  private Row signed(CommitInfo info) {
    Map<String, Object> values = new HashMap<>();
    values.put("inCommitTimestamp", info.getInCommitTimestamp().orElse(null));
    values.put("timestamp", info.getTimestamp());
    values.put("engineInfo", info.getEngineInfo().orElse(null));
    values.put("operation", operation);
    values.put(
        "operationParameters", VectorUtils.stringStringMapValue(info.getOperationParameters()));
    values.put("isBlindAppend", info.getIsBlindAppend().orElse(null));
    values.put("txnId", info.getTxnId().orElse(null));
    values.put("operationMetrics", VectorUtils.stringStringMapValue(metrics));
    values.put("userMetadata", signature);
    Map<Integer, Object> fields = new HashMap<>();
    values.forEach((name, value) -> fields.put(INFO.indexOf(name), value));
    return new GenericRow(ACTION, Map.of(0, new GenericRow(INFO, fields)));
  }
}
