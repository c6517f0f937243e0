package io.epicfhir.common.spark;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.localfs.FileReaders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.SparkConf;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a driver and Spark's own cluster know each other by. YARN and Kubernetes make a secret for
 * each application; Spark's own cluster has one for all, and takes it from a property only, which
 * would be a secret in a file of settings. So the property names the file, and it is read here.
 */
final class ClusterSecret {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterSecret.class);
  private static final String AUTHENTICATE = "spark.authenticate";
  private static final String SECRET = "spark.authenticate.secret";
  private static final String FILE = "spark.authenticate.secret.file";

  private ClusterSecret() {}

  /**
   * Puts the secret where Spark looks for it.
   *
   * @throws JobException {@link ExitCode#SETTINGS} where the file cannot be used
   */
  static void into(SparkConf conf) {
    String master = conf.get("spark.master", "");
    if (!master.startsWith("spark:")) {
      return;
    }
    if (!conf.getBoolean(AUTHENTICATE, false)) {
      LOG.warn(
          "Anyone who can connect to {} and its workers can read patient data and run code:"
              + " set spark.authenticate in conf/spark/standalone.conf",
          master);
    } else if (!conf.contains(SECRET)) {
      conf.set(SECRET, secret(Path.of(conf.get(FILE, ""))));
    }
  }

  private static String secret(Path file) {
    if (!Files.isRegularFile(file)) {
      throw refused(
          file, "it does not exist; create it, with the secret that master and workers use");
    }
    if (FileReaders.sharedWithOthers(file)) {
      throw refused(
          file, "users other than its owner can read or write it; run: chmod 600 " + file);
    }
    try {
      String secret = Files.readString(file).strip();
      if (secret.isEmpty()) {
        throw refused(file, "it is empty");
      }
      return secret;
    } catch (IOException e) {
      throw refused(file, "it cannot be read");
    }
  }

  private static JobException refused(Path file, String why) {
    return new JobException(
        ExitCode.SETTINGS,
        "Cannot start Spark on a standalone cluster: " + FILE + " is \"" + file + "\", but " + why);
  }
}
