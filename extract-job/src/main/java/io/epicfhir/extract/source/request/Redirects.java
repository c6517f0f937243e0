package io.epicfhir.extract.source.request;

import java.net.URI;
import java.util.Objects;
import java.util.Set;

/**
 * Which redirects are followed. A file, a status or a document may lie anywhere that is allowed. A
 * read or a search is followed only to the same resource or the same query: Epic answers for a
 * patient who was merged into another one with 302 to the survivor (code 4107), and the survivor's
 * data must not be taken for the patient's.
 */
public enum Redirects {
  ANYWHERE,
  SAME_REQUEST;

  public static final int MOST = 10;
  private static final Set<Integer> STATUSES = Set.of(301, 302, 303, 307, 308);
  private static final String DOCUMENTS = "/Binary/";

  public static boolean is(int status) {
    return STATUSES.contains(status);
  }

  public boolean follows(URI from, URI to) {
    return this == ANYWHERE
        || from.getRawPath().contains(DOCUMENTS)
        || (last(from).equals(last(to)) && Objects.equals(from.getRawQuery(), to.getRawQuery()));
  }

  private static String last(URI url) {
    String path = String.valueOf(url.getRawPath()).replaceFirst("/+$", "");
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
