package io.epicfhir.common.query;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A statement with parameters, as its file has it.
 *
 * @param name the file's, without its ending
 * @param tables what it reads, by the label that the statement calls it
 * @param parameters in the order of the file
 * @param sql the whole text, comments too, so that lines agree
 */
public record SqlQuery(
    String name, Map<String, String> tables, List<QueryParameter> parameters, String sql) {

  /**
   * The values to bind, by parameter; one that was left out is null.
   *
   * @throws QueryRefused as {@link #bound(Map)}, and where a patient is on the command line
   */
  public Map<String, Object> bound(QueryArguments arguments) {
    for (QueryParameter parameter : parameters) {
      if (parameter.patient() && arguments.shown().contains(parameter.name())) {
        throw new QueryRefused(
            name,
            "all users of this machine can see a command line, and "
                + parameter.name()
                + " names a patient; give it by --params FILE, with a line "
                + parameter.name()
                + "=VALUE, or by --params - on standard input");
      }
    }
    return bound(arguments.parameters());
  }

  /**
   * The values to bind, by parameter; one that was left out is null.
   *
   * @param given texts, by name
   * @throws QueryRefused naming every parameter that is missing, unknown or of another type
   */
  public Map<String, Object> bound(Map<String, String> given) {
    List<String> problems = new ArrayList<>();
    Map<String, Object> values = new LinkedHashMap<>();
    for (QueryParameter parameter : parameters) {
      String text = given.get(parameter.name());
      if (text != null) {
        values.put(parameter.name(), parameter.value(text, name));
      } else if (parameter.optional()) {
        values.put(parameter.name(), null);
      } else {
        problems.add(
            parameter.patient()
                ? "give " + parameter.name() + "=VALUE by --params FILE or --params -"
                : "give --param " + parameter.name() + "=VALUE");
      }
    }
    given.keySet().stream()
        .filter(asked -> parameters.stream().noneMatch(one -> one.name().equals(asked)))
        .forEach(asked -> problems.add("it has no parameter " + asked));
    if (!problems.isEmpty()) {
      throw new QueryRefused(name, String.join("; ", problems));
    }
    return values;
  }
}
