package io.epicfhir.extract.crawl.fetch;

import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.answer.ServerRefusal;
import io.epicfhir.extract.source.request.Ask;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Distinguishes requests that fail one by one from a server that fails at all of them. So many
 * failures in a row mean the server where a request that had succeeded fails now, too; where none
 * had, only if they are about several types and several patients: one type or one patient can fail
 * for good.
 */
final class FailuresInARow {
  static final int MOST = 20;

  private final Ask metadata;
  private final Consumer<Ask> asking;
  private final Set<String> types = new HashSet<>();
  private final Set<String> subjects = new HashSet<>();
  private Optional<Ask> lastGood = Optional.empty();
  private int number;

  /**
   * @param metadata asks for the server's metadata
   * @param asking sends a request; throws where it fails
   */
  FailuresInARow(Ask metadata, Consumer<Ask> asking) {
    this.metadata = metadata;
    this.asking = asking;
  }

  /** The server has answered, with data or with a refusal. */
  synchronized void end() {
    number = 0;
    types.clear();
    subjects.clear();
  }

  /** The server has given what this asked for, and would do so again. */
  synchronized void succeeded(Ask ask) {
    end();
    lastGood = Optional.of(ask);
  }

  /**
   * Counts one more failure.
   *
   * @param type of the resources that were asked for
   * @param subject whose they are, or the id of the one that was asked for
   * @return whether the server fails at everything
   */
  synchronized boolean isEverything(String type, String subject) {
    number++;
    types.add(type);
    subjects.add(subject);
    if (number < MOST) {
      return false;
    }
    boolean alone = types.size() == 1 || subjects.size() == 1;
    boolean well = lastGood.isPresent() ? answers(lastGood.get()) : alone && answers(metadata);
    if (well) {
      end();
    }
    return !well;
  }

  private boolean answers(Ask ask) {
    try {
      asking.accept(ask);
      return true;
    } catch (JobException e) {
      int status = ServerRefusal.of(e).map(ServerRefusal::status).orElse(0);
      return status >= 400 && status < 500 && status != 401; // such as a resource that has gone
    }
  }
}
