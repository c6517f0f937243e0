package io.epicfhir.common.job;

import io.epicfhir.common.JobException;
import io.epicfhir.common.LogicalRun;
import io.epicfhir.common.lake.Lake;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is reported of an unexpected exception. Its message and its causes' may quote what was read,
 * so the log gets its classes and the place in our code; all of it goes to a file of the lake,
 * which is as private as the tables.
 */
final class DefectTrace {
  private static final Logger LOG = LoggerFactory.getLogger(DefectTrace.class);
  private static final String OURS = "io.epicfhir.";
  private static final int MOST_CAUSES = 20;

  private DefectTrace() {}

  /** Writes the trace and logs where it is. */
  static void keep(Throwable failure, Lake lake, LogicalRun run) {
    LOG.error("The job failed with {}", inShort(failure));
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text, true));
    var file = lake.paths().trace(run);
    try {
      lake.write(file, text.toString());
      LOG.error("The stack trace, which may contain patient data, is in {}", file);
    } catch (JobException e) {
      LOG.error("Cannot write the stack trace: {}", e.getMessage());
    }
  }

  /** Classes from the outermost to the cause, each with the first place in our code. */
  static String inShort(Throwable failure) {
    StringBuilder told = new StringBuilder();
    Throwable cause = failure;
    for (int i = 0; cause != null && i < MOST_CAUSES; i++) {
      told.append(i == 0 ? "" : ", caused by ").append(cause.getClass().getName());
      Optional<StackTraceElement> place =
          Arrays.stream(cause.getStackTrace())
              .filter(at -> at.getClassName().startsWith(OURS))
              .findFirst();
      place.ifPresent(at -> told.append(" at ").append(at));
      cause = cause.getCause() == cause ? null : cause.getCause();
    }
    return told.toString();
  }
}
