package io.epicfhir.load.quality;

import io.epicfhir.load.sql.Identifiers;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A check of the tables: one SELECT that gives the rows that are bad. Its file begins with comments
 * that say what it is; conf/QUALITY.md explains them.
 *
 * @param category Kahn's class of it
 * @param tables what it reads, without the schema
 * @param severity what the run is where there are too many bad rows
 * @param maxRows so many bad rows are allowed
 * @param maxShare so large a share of {@code shareOf}'s rows is allowed; zero for none
 * @param shareOf a table; empty where no share is allowed
 * @param keys the columns that name a bad row, and order the rows that are kept
 */
public record QualityCheck(
    String name,
    String title,
    Category category,
    List<String> tables,
    Severity severity,
    long maxRows,
    BigDecimal maxShare,
    String shareOf,
    List<String> keys,
    String sql) {

  /** Kahn's classes of data quality: https://doi.org/10.13063/2327-9214.1244. */
  enum Category {
    CONFORMANCE,
    COMPLETENESS,
    PLAUSIBILITY
  }

  /** How bad it is. */
  enum Severity {
    AMBER,
    RED
  }

  private static final Set<String> KNOWN =
      Set.of("title", "category", "tables", "severity", "max-rows", "max-share", "keys");
  private static final Pattern LINE = Pattern.compile("--\\s*([a-z-]+)\\s*:\\s*(.*)");
  private static final Pattern SHARE = Pattern.compile("([0-9.]+)\\s+of\\s+(\\w+)");

  private static final Pattern NO_CODE =
      Pattern.compile("(?s)'[^']*'|\"[^\"]*\"|--[^\n]*|/\\*.*?\\*/");

  /** A file that is no check; the message says what is wrong. */
  static final class Unusable extends Exception {
    private static final long serialVersionUID = 1L;

    Unusable(String message) {
      super(message);
    }
  }

  /**
   * Reads a file.
   *
   * @param name its name without .sql
   */
  public static QualityCheck parse(String name, String file) throws Unusable {
    if (!Identifiers.valid(name)) {
      throw new Unusable(
          "the file's name becomes a table's name: use letters, digits and _, beginning with a letter");
    }
    Map<String, String> head = new LinkedHashMap<>();
    List<String> lines = file.lines().toList();
    int at = 0;
    for (; at < lines.size() && (lines.get(at).isBlank() || lines.get(at).startsWith("--")); at++) {
      Matcher line = LINE.matcher(lines.get(at).strip());
      if (line.matches()) {
        if (!KNOWN.contains(line.group(1))
            || head.put(line.group(1), line.group(2).strip()) != null) {
          throw new Unusable("line " + (at + 1) + ": unknown or repeated: " + line.group(1));
        }
      }
    }
    return of(name, head, String.join("\n", lines.subList(at, lines.size())));
  }

  private static QualityCheck of(String name, Map<String, String> head, String sql)
      throws Unusable {
    String bare = bare(sql).strip();
    if (!bare.matches("(?is)(select|with)\\b.*") || bare.contains(";")) {
      throw new Unusable("write exactly one SELECT, without a semicolon");
    }
    Matcher share = SHARE.matcher(head.getOrDefault("max-share", ""));
    boolean hasShare = head.containsKey("max-share");
    if (hasShare && !share.matches()) {
      throw new Unusable(
          "max-share needs a number from 0 to 1 and a table, such as 0.01 of patient");
    }
    List<String> tables = list(head, "tables");
    String shareOf = hasShare ? share.group(2) : "";
    if (hasShare && !tables.contains(shareOf)) {
      throw new Unusable("the table of max-share must be listed in tables");
    }
    return new QualityCheck(
        name,
        needed(head, "title"),
        word(Category.class, needed(head, "category"), "category"),
        tables,
        word(Severity.class, needed(head, "severity"), "severity"),
        number(head.getOrDefault("max-rows", "0"), "max-rows").longValue(),
        hasShare ? number(share.group(1), "max-share") : BigDecimal.ZERO,
        shareOf,
        list(head, "keys"),
        sql);
  }

  /** The SQL without comments, literals and quoted names. */
  private static String bare(String sql) {
    return NO_CODE.matcher(sql).replaceAll(" ");
  }

  private static String needed(Map<String, String> head, String key) throws Unusable {
    String value = head.getOrDefault(key, "");
    if (value.isEmpty()) {
      throw new Unusable("a line is missing: -- " + key + ": …");
    }
    return value;
  }

  private static List<String> list(Map<String, String> head, String key) throws Unusable {
    List<String> names = Stream.of(needed(head, key).split(",")).map(String::strip).toList();
    if (!names.stream().allMatch(Identifiers::valid)) {
      throw new Unusable(key + " has names with commas between them");
    }
    return names;
  }

  private static <E extends Enum<E>> E word(Class<E> type, String word, String key)
      throws Unusable {
    try {
      return Enum.valueOf(type, word.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new Unusable(
          key
              + " is one of "
              + List.of(type.getEnumConstants()).toString().toLowerCase(Locale.ROOT));
    }
  }

  private static BigDecimal number(String digits, String key) throws Unusable {
    if (!digits.matches("[0-9]{1,12}(\\.[0-9]{1,9})?")) {
      throw new Unusable(key + " is a number");
    }
    return new BigDecimal(digits);
  }

  /** The same check with what the settings say instead. */
  QualityCheck with(List<String> words) throws Unusable {
    Severity newSeverity = severity;
    long newRows = maxRows;
    BigDecimal newShare = maxShare;
    for (String word : words) {
      String value = word.replaceFirst(".*=", "");
      if (word.startsWith("max-rows")) {
        newRows = Long.parseLong(value);
      } else if (word.startsWith("max-share")) {
        if (shareOf.isEmpty()) {
          throw new Unusable("load.quality.overrides: this check has no max-share; set max-rows");
        }
        newShare = new BigDecimal(value);
      } else if (!word.equals("off")) {
        newSeverity = word(Severity.class, word, "severity");
      }
    }
    return new QualityCheck(
        name, title, category, tables, newSeverity, newRows, newShare, shareOf, keys, sql);
  }

  /**
   * How many bad rows are allowed.
   *
   * @param total the rows of {@code shareOf}
   */
  public long allowed(long total) {
    BigDecimal share = maxShare.multiply(BigDecimal.valueOf(total));
    return Math.max(maxRows, share.setScale(0, RoundingMode.FLOOR).longValueExact());
  }
}
