package io.epicfhir.load;

import io.epicfhir.load.spi.Target;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Which tables are compared with their views value by value.
 *
 * @param every how old the last comparison may be; zero: any age
 * @param asked views that somebody asks for now, or {@code all}
 */
record Verification(Duration every, List<String> asked) {

  boolean isDue(String view, Target.Standing standing) {
    return asked.contains("all")
        || asked.contains(view)
        || (!every.isZero() && !standing.verifiedAt().plus(every).isAfter(Instant.now()));
  }
}
