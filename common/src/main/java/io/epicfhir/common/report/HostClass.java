package io.epicfhir.common.report;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/** What makes two runs' durations comparable: the kind of machine, never which one. */
final class HostClass {
  private HostClass() {}

  /**
   * Such as {@code Linux amd64, 2 cores, 24 GiB, local[2]}.
   *
   * @param master Spark's, where there was a session; of a cluster's URL only the scheme is shown
   */
  static String of(Optional<String> master) {
    long memory =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    return "%s %s, %d cores, %d GiB%s"
        .formatted(
            System.getProperty("os.name"),
            System.getProperty("os.arch"),
            Runtime.getRuntime().availableProcessors(),
            Math.round((double) memory / (1L << 30)),
            master.map(m -> ", " + withoutHosts(m)).orElse(""));
  }

  private static String withoutHosts(String master) {
    int scheme = master.indexOf("://");
    return scheme < 0 ? master : master.substring(0, scheme);
  }
}
