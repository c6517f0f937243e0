package io.epicfhir.common.spark;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.localfs.FileReaders;
import io.epicfhir.common.localfs.NioLocalFileSystem;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CommonConfigurationKeys;

/**
 * The Hadoop configuration that Spark would make of its profile: the keys behind {@code
 * spark.hadoop.}, and the S3 server that the environment names. spark-submit hands the profile over
 * as system properties; a plain JVM gets the file, never its lines, which a process list shows.
 */
public final class HadoopSettings {
  /** The system property that names the Spark profile to a plain JVM. */
  static final String PROFILE = "epicfhir.spark-profile";

  private static final String PREFIX = "spark.hadoop.";
  private static final String ENDPOINT = "fs.s3a.endpoint";

  private HadoopSettings() {}

  /**
   * The configuration of the lake's file systems.
   *
   * @param readers who may read what is written
   */
  public static Configuration of(
      Properties system, Map<String, String> environment, FileReaders readers) {
    Configuration hadoop = new Configuration();
    NioLocalFileSystem.SETTINGS.forEach(hadoop::set);
    String endpoint = environment.get("AWS_ENDPOINT_URL");
    if (endpoint != null) {
      hadoop.set(ENDPOINT, endpoint);
    }
    String profile = system.getProperty(PROFILE);
    if (profile != null) {
      copy(read(Path.of(profile)), hadoop);
    }
    copy(system, hadoop);
    hadoop.set(CommonConfigurationKeys.FS_PERMISSIONS_UMASK_KEY, readers.umask());
    NioLocalFileSystem.takePlace(hadoop);
    return hadoop;
  }

  private static Properties read(Path profile) {
    Properties lines = new Properties();
    try (Reader in = Files.newBufferedReader(profile, StandardCharsets.UTF_8)) {
      lines.load(in);
      return lines;
    } catch (IOException | IllegalArgumentException e) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot read the Spark profile: " + profile + "; check that it exists and is readable",
          e);
    }
  }

  private static void copy(Properties from, Configuration hadoop) {
    from.stringPropertyNames().stream()
        .filter(name -> name.startsWith(PREFIX))
        .forEach(
            name -> hadoop.set(name.substring(PREFIX.length()), from.getProperty(name).strip()));
  }
}
