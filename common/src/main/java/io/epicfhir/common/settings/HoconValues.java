package io.epicfhir.common.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Values of HOCON in the forms that settings have. */
final class HoconValues {
  private HoconValues() {}

  /** A list of texts, or one comma-separated text. */
  static List<String> texts(Config config, String path) {
    return config.getValue(path).unwrapped() instanceof String one
        ? Arrays.stream(one.split("\\s*,\\s*")).filter(text -> !text.isBlank()).toList()
        : config.getStringList(path);
  }

  /** Lists of texts by name; a list of one text may stand bare. */
  static Map<String, List<String>> table(ConfigObject rows) {
    Map<String, List<String>> table = new TreeMap<>();
    rows.forEach(
        (name, value) ->
            table.put(
                name,
                value.unwrapped() instanceof List<?> list
                    ? list.stream().map(String::valueOf).toList()
                    : List.of(String.valueOf(value.unwrapped()))));
    return table;
  }

  /** Bounds in words; the largest whole number and infinity are no bound. */
  static String range(Number min, Number max) {
    boolean open = max.equals(Integer.MAX_VALUE) || max.equals(Double.POSITIVE_INFINITY);
    return open ? "of " + min + " or more" : "from " + min + " to " + max;
  }

  /** What a constant is called in settings. */
  static String name(Enum<?> one) {
    return one.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The constant of that name. */
  static <E extends Enum<E>> Optional<E> choice(Class<E> type, String name) {
    return Arrays.stream(type.getEnumConstants()).filter(e -> name(e).equals(name)).findFirst();
  }
}
