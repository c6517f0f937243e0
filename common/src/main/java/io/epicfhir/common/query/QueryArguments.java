package io.epicfhir.common.query;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How a query is asked for.
 *
 * @param settingsFile path of the HOCON settings
 * @param queries the folder of queries
 * @param name the query
 * @param parameters texts, by name
 * @param shown those of the parameters that are on the command line
 * @param out the file for the rows, {@code .csv} or {@code .parquet}; empty for the terminal
 */
public record QueryArguments(
    String settingsFile,
    Path queries,
    String name,
    Map<String, String> parameters,
    Set<String> shown,
    Optional<Path> out) {

  /**
   * Reads {@code NAME --conf FILE --queries DIR [--param K=V]... [--params FILE|-] [--out FILE]}.
   *
   * @throws QueryRefused where something else is given
   */
  public static QueryArguments parse(String... args) {
    String name = "";
    Map<String, String> options = new LinkedHashMap<>();
    Map<String, String> parameters = new LinkedHashMap<>();
    for (int i = 0; i < args.length; i++) {
      boolean isOption = args[i].startsWith("--");
      if (!isOption && name.isEmpty()) {
        name = args[i];
      } else if (!isOption || i + 1 == args.length) {
        throw usage();
      } else if (args[i].equals("--param")) {
        parameter(args[++i], parameters);
      } else {
        put(args[i].substring(2), args[++i], options);
      }
    }
    Optional<Path> out = Optional.ofNullable(options.remove("out")).map(Path::of);
    String conf = options.remove("conf");
    String queries = options.remove("queries");
    Set<String> shown = Set.copyOf(parameters.keySet());
    Optional.ofNullable(options.remove("params"))
        .map(file -> QueryValues.read(file, System.in))
        .ifPresent(values -> values.forEach((one, value) -> put(one, value, parameters)));
    boolean known = out.map(QueryArguments::isFile).orElse(true);
    if (name.isEmpty() || conf == null || queries == null || !options.isEmpty() || !known) {
      throw usage();
    }
    return new QueryArguments(conf, Path.of(queries), name, parameters, shown, out);
  }

  private static boolean isFile(Path out) {
    return out.toString().endsWith(".csv") || out.toString().endsWith(".parquet");
  }

  /** Whether the rows become a Parquet file. */
  public boolean isParquet() {
    return out.filter(path -> path.toString().endsWith(".parquet")).isPresent();
  }

  private static void parameter(String text, Map<String, String> parameters) {
    int equals = text.indexOf('=');
    if (equals < 1) {
      throw usage();
    }
    put(text.substring(0, equals), text.substring(equals + 1), parameters);
  }

  /** What is given twice is a mistake: one of the two would be left out without a word. */
  private static void put(String name, String value, Map<String, String> given) {
    if (given.put(name, value) != null) {
      throw usage();
    }
  }

  private static QueryRefused usage() {
    return new QueryRefused(
        "with these arguments",
        "usage: ci/query.sh NAME [--param NAME=VALUE]... [--params FILE|-] [--on lake|postgres] [--out FILE.csv|FILE.parquet]");
  }
}
