package io.epicfhir.load.spi;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a target can have; a view beyond it is refused before anything is loaded.
 *
 * @param name of tables and columns
 * @param nameInWords the same for people
 * @param systemColumns names that each of its tables has already
 * @param columns the most of a table
 */
public record TargetLimits(
    Pattern name, String nameInWords, Set<String> systemColumns, int columns) {

  boolean hasName(String text) {
    return name.matcher(text).matches();
  }
}
