package io.epicfhir.load.spi;

import io.epicfhir.common.lake.Lake;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;

/** A lake's path in one spelling, so that one lake has one name. */
public final class LakeName {
  private LakeName() {}

  /** The lake's name. */
  public static String of(Lake lake) {
    return of(lake.paths().root());
  }

  /** The name of the lake at this path. */
  public static String of(String path) {
    URI uri = new org.apache.hadoop.fs.Path(path).toUri();
    String scheme = uri.getScheme();
    if (scheme == null || scheme.equals("file")) {
      return real(uri.getPath());
    }
    return scheme.equals("s3") || scheme.equals("s3n")
        ? "s3a://" + uri.getAuthority() + uri.getPath()
        : uri.toString();
  }

  private static String real(String path) {
    try {
      return Path.of(path).toRealPath().toString();
    } catch (IOException e) {
      return Path.of(path).toAbsolutePath().normalize().toString(); // it is elsewhere now
    }
  }
}
