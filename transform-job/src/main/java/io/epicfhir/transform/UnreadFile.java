package io.epicfhir.transform;

import io.epicfhir.common.DamagedFile;
import io.epicfhir.common.StorageFailure;
import io.epicfhir.transform.delta.FileRows;
import java.io.FileNotFoundException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkThrowable;

/**
 * A data file of a table that is missing, or whose bytes are not the ones that were written.
 * Another try reads the same, so it is no storage that is away: tables that do not need the file
 * can go on.
 *
 * @param file its path
 * @param problem what is wrong with it
 */
public record UnreadFile(String file, Problem problem) {
  private static final String NOT_FOUND = "PATH_NOT_FOUND";
  private static final Pattern OF_SILVER = Pattern.compile("/silver/resource_type=([A-Za-z]+)/");

  /** What is wrong with it. */
  public enum Problem {
    /** It is not there. */
    MISSING("is missing"),
    /** Its bytes are other ones than those that were written. */
    CHECKSUM("does not match its checksum"),
    /** A reader stumbles over it. */
    DAMAGED("is damaged");

    private final String words;

    Problem(String words) {
      this.words = words;
    }
  }

  /** The file that ended some work; empty where another thing did, such as a disk that is gone. */
  public static Optional<UnreadFile> in(Throwable failure) {
    Optional<String> file = Optional.empty();
    Problem problem = Problem.DAMAGED;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof FileRows.Unreadable unreadable) {
        file = Optional.of(unreadable.file().toString());
      } else if (cause instanceof SparkThrowable said && isOfFile(said.getCondition())) {
        file = Optional.ofNullable(said.getMessageParameters().get("path"));
        problem = said.getCondition().equals(NOT_FOUND) ? Problem.MISSING : problem;
      } else if (cause instanceof FileNotFoundException) {
        problem = Problem.MISSING;
      } else if (cause instanceof ChecksumException) {
        problem = Problem.CHECKSUM;
      }
    }
    Problem found = problem;
    return file.filter(any -> found == Problem.MISSING || isDamage(failure))
        .map(path -> new UnreadFile(path, found));
  }

  /** Spark's words for a file that it cannot read, or does not find when it plans. */
  private static boolean isOfFile(String condition) {
    return condition != null
        && (condition.startsWith("FAILED_READ_FILE") || condition.equals(NOT_FOUND));
  }

  /** Readers stumble over damaged bytes in many ways, and over a storage by an IOException. */
  private static boolean isDamage(Throwable failure) {
    return DamagedFile.in(failure).isPresent() || StorageFailure.in(failure).isEmpty();
  }

  /** Whether it is one of the table in this folder. */
  public boolean isIn(Path table) {
    return file.contains(table.toUri().getPath() + "/");
  }

  /** The resource type of silver whose rows the file has; empty where it is no file of silver. */
  public Optional<String> silverType() {
    Matcher type = OF_SILVER.matcher(file);
    return type.find() ? Optional.of(type.group(1)) : Optional.empty();
  }

  /** The file and what is wrong with it. */
  public String sentence() {
    return file + " " + problem.words;
  }

  /** What to do about it where no run by itself computes its rows again. */
  public String remedy() {
    String restore =
        problem == Problem.MISSING ? "restore the file from a backup" : DamagedFile.REMEDY;
    return silverType()
        .map(
            type ->
                restore
                    + ", or rerun from transform with types = "
                    + type
                    + ", which rebuilds it from bronze")
        .orElse(restore);
  }
}
