package io.epicfhir.common.delta;

import io.delta.kernel.Operation;
import io.delta.kernel.TransactionCommitResult;
import io.delta.kernel.commit.CommitFailedException;
import io.delta.kernel.data.Row;
import io.delta.kernel.engine.Engine;
import io.delta.kernel.exceptions.ConcurrentWriteException;
import io.delta.kernel.exceptions.MaxCommitRetryLimitReachedException;
import io.delta.kernel.hook.PostCommitHook;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.internal.TransactionImpl;
import io.delta.kernel.internal.actions.Metadata;
import io.delta.kernel.internal.actions.Protocol;
import io.delta.kernel.internal.actions.SetTransaction;
import io.delta.kernel.internal.tablefeatures.TableFeatures;
import io.delta.kernel.internal.util.Utils;
import io.delta.kernel.utils.CloseableIterable;
import io.epicfhir.common.JobException;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * One commit by Kernel. Its public builders know neither a table's description nor a schema's own
 * text, and so the transaction is made here, of parts that Kernel has as classes of its own.
 */
final class CommitWriter {
  private static final String ENGINE = "epic-fhir";

  private final Engine engine;
  private final Path table;

  CommitWriter(Engine engine, Path table) {
    this.engine = engine;
    this.table = table;
  }

  /**
   * What is committed beside files.
   *
   * @param before the version that it builds on; empty for a new table
   * @param metadata the table's new description of itself, or empty
   * @param anew whether the table's old files and properties go
   * @param transaction the application's own number
   */
  record Plan(
      Optional<SnapshotImpl> before,
      Optional<Metadata> metadata,
      boolean anew,
      Optional<AppTransaction> transaction) {}

  /**
   * Commits as the next version, or not at all.
   *
   * @return the version, or empty where somebody else was faster
   * @throws JobException where the storage or Kernel refuses
   */
  Optional<Long> commit(Plan plan, List<Row> actions, SignedCommitter committer) {
    try {
      String path = engine.getFileSystemClient().resolvePath(table.toString());
      TransactionCommitResult result =
          transaction(plan, new io.delta.kernel.internal.fs.Path(path), committer)
              .commit(
                  engine,
                  CloseableIterable.inMemoryIterable(
                      Utils.toCloseableIterator(actions.iterator())));
      // The commit is done. If a hook fails, the storage does, and the run should know.
      for (PostCommitHook hook : result.getPostCommitHooks()) {
        hook.threadSafeInvoke(engine);
      }
      return Optional.of(result.getVersion());
    } catch (ConcurrentWriteException e) {
      return Optional.empty();
    } catch (MaxCommitRetryLimitReachedException e) {
      if (e.getCause() instanceof CommitFailedException failed && failed.isConflict()) {
        return Optional.empty();
      }
      throw KernelFailure.of(KernelFailure.WRITE, table, e);
    } catch (JobException e) {
      throw e;
    } catch (Exception e) {
      throw KernelFailure.of(KernelFailure.WRITE, table, e);
    }
  }

  private TransactionImpl transaction(
      Plan plan, io.delta.kernel.internal.fs.Path path, SignedCommitter committer) {
    Protocol protocol =
        plan.before().map(SnapshotImpl::getProtocol).orElseGet(CommitWriter::oldestProtocol);
    Optional<Protocol> upgraded =
        plan.metadata()
            .flatMap(
                metadata ->
                    TableFeatures.autoUpgradeProtocolBasedOnMetadata(metadata, List.of(), protocol)
                        .map(upgrade -> upgrade._1));
    TableFeatures.validateKernelCanWriteToTable(
        upgraded.orElse(protocol),
        plan.metadata().orElseGet(() -> plan.before().orElseThrow().getMetadata()),
        table.toString());
    return new TransactionImpl(
        plan.anew(),
        path,
        plan.before(),
        ENGINE,
        plan.before().isPresent()
            ? plan.anew() ? Operation.REPLACE_TABLE : Operation.WRITE
            : Operation.CREATE_TABLE,
        plan.anew() ? Optional.of(upgraded.orElse(protocol)) : upgraded,
        plan.metadata(),
        committer,
        plan.transaction()
            .map(
                own ->
                    new SetTransaction(
                        own.appId(), own.version(), Optional.of(System.currentTimeMillis()))),
        Optional.empty(),
        Optional.of(0),
        0,
        System::currentTimeMillis);
  }

  /** The one that every Delta client of the last years understands, and Spark's own default. */
  private static Protocol oldestProtocol() {
    return new Protocol(
        TransactionImpl.DEFAULT_READ_VERSION, TransactionImpl.DEFAULT_WRITE_VERSION);
  }
}
