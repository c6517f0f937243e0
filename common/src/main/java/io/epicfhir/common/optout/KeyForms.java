package io.epicfhir.common.optout;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The ids that a word may be: itself; without a point, which may be its own or end a sentence;
 * without what names of files have behind an id. FHIR's ids have no underscore.
 */
final class KeyForms {
  private static final Pattern FILE =
      Pattern.compile(
          "(.+?)\\.(?:json|ndjson|xml|pdf|rtf|html?|txt|csv|jpe?g|png|tiff?|dcm|parquet|idx|tmp|gz|zst)"
              + "(?:\\..*)?",
          Pattern.CASE_INSENSITIVE);

  private KeyForms() {}

  /** All of them, the word itself first. */
  static List<String> of(byte[] text, int from, int to) {
    String word = new String(text, from, to - from, StandardCharsets.ISO_8859_1);
    if (word.indexOf('.') < 0 && word.indexOf('_') < 0) {
      return List.of(word);
    }
    Set<String> forms = new LinkedHashSet<>();
    forms.add(word);
    forms.add(withoutEnd(word));
    Matcher file = FILE.matcher(word);
    if (file.matches()) {
      forms.add(file.group(1));
    }
    if (word.indexOf('_') >= 0) {
      for (String part : word.split("_", -1)) {
        forms.add(part);
        forms.add(withoutEnd(part));
        Matcher name = FILE.matcher(part);
        if (name.matches()) {
          forms.add(name.group(1));
        }
      }
    }
    forms.remove("");
    return List.copyOf(forms);
  }

  private static String withoutEnd(String word) {
    int end = word.length();
    while (end > 1 && word.charAt(end - 1) == '.') {
      end--;
    }
    return word.substring(0, end);
  }
}
