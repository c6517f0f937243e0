package io.epicfhir.common.settings;

import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * The settings that the DAGs need, as one line of JSON. The contracts are {@code
 * pipeline-settings.schema.json} and {@code validation-settings.schema.json} in {@code
 * common/contracts}. Python gets HOCON settings only from this class. It loads few classes, because
 * tasks wait for it.
 *
 * <p>Usage: {@code DagSettings pipeline|validation FILE}; exit 0, or {@link ExitCode#SETTINGS} with
 * the problems to fix on the standard error output.
 */
public final class DagSettings {
  private static final int VERSION = 1;

  private DagSettings() {}

  /** See the class. */
  public static void main(String[] args) {
    System.exit(run(System.out, System.err, args).number());
  }

  static ExitCode run(PrintStream out, PrintStream err, String... args) {
    try {
      if (args.length != 2) {
        throw new JobException(
            ExitCode.SETTINGS, "Cannot use the arguments; usage: pipeline|validation FILE");
      }
      out.println(json(args[0], args[1]));
      return ExitCode.DONE;
    } catch (JobException e) {
      err.println(e.getMessage());
      return e.exitCode();
    }
  }

  private static String json(String kind, String file) {
    boolean thresholds = "validation".equals(kind);
    if (!thresholds && !"pipeline".equals(kind)) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot print the settings of " + kind + "; ask for pipeline or validation");
    }
    SettingsFile settings = thresholds ? ValidationSettings.file(file) : SettingsFile.load(file);
    Map<String, Object> told = new TreeMap<>();
    told.put("schema_version", VERSION);
    told.put("included", settings.included().stream().map(Path::toString).sorted().toList());
    told.putAll(thresholds ? ValidationSettings.from(settings) : pipeline(settings));
    return ConfigValueFactory.fromMap(told).render(ConfigRenderOptions.concise());
  }

  /** The database's address without what follows a question mark: that may be a secret. */
  private static Map<String, Object> pipeline(SettingsFile settings) {
    SettingsReader all = settings.reader("");
    SettingsReader bulk = settings.reader("bulk").partly();
    SettingsReader load = settings.reader("load").partly();
    Map<String, Object> told = new TreeMap<>();
    String lake = all.text("lake");
    told.put("poll_interval_ms", bulk.duration("poll-interval").toMillis());
    told.put("database", load.optionalText("jdbc-url").orElse("").replaceFirst("\\?.*", ""));
    all.and(bulk).and(load).check();
    told.put("lake", settings.place(lake));
    told.put("readers", HoconValues.name(settings.fileReaders()));
    return told;
  }
}
