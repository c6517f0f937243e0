package io.epicfhir.common.delta;

import io.epicfhir.common.lake.Lake;
import java.util.NavigableSet;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/** Which commits and checkpoints a table's log folder has, by the names of its files alone. */
final class LogListing {
  private static final Pattern COMMIT = Pattern.compile("(\\d{20})\\.json");
  private static final Pattern CHECKPOINT =
      Pattern.compile("(\\d{20})\\.checkpoint(\\..+)?\\.(parquet|json)");

  private final NavigableSet<Long> commits = new TreeSet<>();
  private final NavigableSet<Long> checkpoints = new TreeSet<>();

  private LogListing() {}

  static LogListing of(Lake lake, Path log) {
    LogListing listing = new LogListing();
    for (FileStatus file : lake.list(log)) {
      take(file, COMMIT, listing.commits);
      take(file, CHECKPOINT, listing.checkpoints);
    }
    return listing;
  }

  private static void take(FileStatus file, Pattern pattern, NavigableSet<Long> versions) {
    Matcher name = pattern.matcher(file.getPath().getName());
    if (name.matches() && file.getLen() > 0) {
      versions.add(Long.parseLong(name.group(1)));
    }
  }

  /** The newest version, or empty where there is no table. */
  OptionalLong newest() {
    long newest =
        Math.max(
            commits.isEmpty() ? -1 : commits.last(),
            checkpoints.isEmpty() ? -1 : checkpoints.last());
    return newest < 0 ? OptionalLong.empty() : OptionalLong.of(newest);
  }

  /** Whether the table can still be read as it was at a version. */
  boolean reaches(long version) {
    Long checkpoint = checkpoints.floor(version);
    return version >= 0 && hasCommits(checkpoint == null ? 0 : checkpoint + 1, version);
  }

  /** Whether all of these commits are there. */
  boolean hasCommits(long first, long last) {
    return commits.subSet(first, true, Math.max(first, last), true).size()
        >= Math.max(0, last - first + 1);
  }
}
