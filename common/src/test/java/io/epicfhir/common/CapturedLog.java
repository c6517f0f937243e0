package io.epicfhir.common;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.Property;

/** What the pipeline's own classes log, from INFO on, until it is closed. */
public final class CapturedLog implements AutoCloseable {
  private static final String OURS = "io.epicfhir";

  private final LoggerContext context = (LoggerContext) LogManager.getContext(false);
  private final Appender appender = new Appender();

  private static final class Appender extends AbstractAppender {
    private final Queue<String> lines = new ConcurrentLinkedQueue<>();

    Appender() {
      super("captured", null, null, true, Property.EMPTY_ARRAY);
    }

    @Override
    public void append(LogEvent event) {
      if (event.getLoggerName().startsWith(OURS)) {
        lines.add(event.getMessage().getFormattedMessage());
      }
    }
  }

  /** Begins. */
  public CapturedLog() {
    appender.start();
    Configurator.setLevel(OURS, Level.INFO);
    context.getConfiguration().getRootLogger().addAppender(appender, Level.INFO, null);
    context.updateLoggers();
  }

  /** The messages, a line each, without their exceptions' traces. */
  public String text() {
    return String.join("\n", appender.lines);
  }

  @Override
  public void close() {
    context.getConfiguration().getRootLogger().removeAppender(appender.getName());
    context.updateLoggers();
    appender.stop();
  }
}
