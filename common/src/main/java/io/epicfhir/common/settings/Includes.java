package io.epicfhir.common.settings;

import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigObject;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.io.File;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a settings file includes. HOCON passes over a file that is not there, so that a mistyped
 * name would leave out a whole file of settings; here it is a problem, and so is what is no file.
 */
final class Includes
    implements ConfigIncluder, ConfigIncluderFile, ConfigIncluderURL, ConfigIncluderClasspath {
  private static final List<String> ENDINGS = List.of("", ".conf", ".json", ".properties");

  private final Set<Path> read = new LinkedHashSet<>();
  private final List<String> missing = new ArrayList<>();
  private ConfigIncluder fallback;

  @Override
  public ConfigIncluder withFallback(ConfigIncluder other) {
    fallback = other;
    return this;
  }

  @Override
  public ConfigObject include(ConfigIncludeContext context, String what) {
    found(
        what,
        ENDINGS.stream()
            .map(ending -> context.relativeTo(what + ending))
            .filter(Objects::nonNull)
            .map(one -> one.origin().filename())
            .filter(Objects::nonNull)
            .map(Path::of));
    return fallback.include(context, what);
  }

  @Override
  public ConfigObject includeFile(ConfigIncludeContext context, File what) {
    found(what.getPath(), Stream.of(what.toPath().toAbsolutePath()));
    return ((ConfigIncluderFile) fallback).includeFile(context, what);
  }

  @Override
  public ConfigObject includeURL(ConfigIncludeContext context, URL what) {
    throw notAFile("url(\"" + what + "\")");
  }

  @Override
  public ConfigObject includeResources(ConfigIncludeContext context, String what) {
    throw notAFile("classpath(\"" + what + "\")");
  }

  /** The files that were included, also by files that were. */
  Set<Path> read() {
    return Set.copyOf(read);
  }

  /**
   * Ends the reading of a file.
   *
   * @throws JobException {@link ExitCode#SETTINGS} with the files that do not exist
   */
  void check(Path file) {
    if (!missing.isEmpty()) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot read the settings: "
              + file
              + " includes files that do not exist: "
              + String.join(", ", missing)
              + "; create them or correct the include");
    }
  }

  private void found(String what, Stream<Path> candidates) {
    List<Path> there =
        candidates.filter(path -> path.toFile().isFile()).map(Path::normalize).toList();
    read.addAll(there);
    if (there.isEmpty()) {
      missing.add(what);
    }
  }

  private static JobException notAFile(String what) {
    return new JobException(
        ExitCode.SETTINGS,
        "Cannot read the settings: include " + what + " is not a file; include a file instead");
  }
}
