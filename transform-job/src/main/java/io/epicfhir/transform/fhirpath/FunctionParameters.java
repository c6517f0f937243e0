package io.epicfhir.transform.fhirpath;

import java.util.HashMap;
import java.util.Map;

/** How many parameters a function takes. */
final class FunctionParameters {
  private static final Map<String, Range> COUNTS = new HashMap<>();

  private FunctionParameters() {}

  private record Range(int least, int most) {
    @Override
    public String toString() {
      String range = least == most ? String.valueOf(most) : least + " to " + most;
      return range + (most == 1 ? " parameter" : " parameters");
    }
  }

  private static void takes(int least, int most, String... names) {
    for (String name : names) {
      COUNTS.put(name, new Range(least, most));
    }
  }

  static {
    takes(0, 0, "byteCount", "count", "empty", "first", "getResourceKey", "hasValue", "last");
    takes(0, 0, "length", "lower", "not", "sha256", "toString", "upper");
    takes(0, 1, "exists", "getReferenceKey", "join", "lowBoundary", "highBoundary");
    takes(1, 1, "all", "as", "contains", "endsWith", "extension", "matches", "ofType");
    takes(0, 1, "plainText");
    takes(1, 1, "plainTextCharset", "plainTextProblem", "startsWith", "where");
    takes(2, 3, "iif");
  }

  static void check(PathNode.Function call) {
    Range range = COUNTS.get(call.name());
    int count = call.parameters().size();
    if (range != null && (count < range.least() || count > range.most())) {
      throw new PathException(call.name() + " takes " + range + ", not " + count, call.at());
    }
  }
}
