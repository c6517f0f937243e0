package io.epicfhir.load.sql;

import java.util.ArrayList;
import java.util.List;

/**
 * A statement with {@code :name} as JDBC takes it: with {@code ?} in their place, so that each
 * value is bound and never becomes part of the text. What stands in quotes or comments is no
 * parameter.
 *
 * @param sql the text with placeholders
 * @param names the parameters in the order of the placeholders; one can be there several times
 * @param statements how many statements it has
 */
public record NamedParameters(String sql, List<String> names, int statements) {

  public static NamedParameters of(String sql) {
    return new Reader(sql).read();
  }

  /** One pass over the text, by PostgreSQL's lexical rules. */
  private static final class Reader {
    private final String sql;
    private final StringBuilder out = new StringBuilder();
    private final List<String> names = new ArrayList<>();
    private int at;

    Reader(String sql) {
      this.sql = sql;
    }

    NamedParameters read() {
      int statements = 0;
      boolean inside = false;
      while (at < sql.length()) {
        char c = sql.charAt(at);
        int end = skipped(c);
        if (end > at) {
          inside |= !is("--") && !is("/*");
          copy(end);
        } else if (c == ';') {
          statements += inside ? 1 : 0;
          inside = false;
          copy(at + 1);
        } else if (c == ':' && is("::")) {
          copy(at + 2);
        } else if (c == ':' && isName(at + 1) && !isBound()) {
          name();
        } else {
          inside |= !Character.isWhitespace(c);
          out.append(c == '?' ? "??" : c); // an operator of PostgreSQL, no placeholder
          at++;
        }
      }
      return new NamedParameters(out.toString(), List.copyOf(names), statements + (inside ? 1 : 0));
    }

    /** Where the quoted text, name or comment that begins here ends; here where none begins. */
    private int skipped(char c) {
      if (is("--")) {
        int end = sql.indexOf('\n', at);
        return end < 0 ? sql.length() : end;
      }
      if (is("/*")) {
        return comment();
      }
      if (c == '\'' || c == '"') {
        return quoted(c, c == '\'' && isEscapes());
      }
      return c == '$' && !isWordBefore() ? dollars() : at;
    }

    /** They nest. */
    private int comment() {
      int depth = 0;
      for (int i = at; i + 1 < sql.length(); i++) {
        if (sql.startsWith("/*", i)) {
          depth++;
          i++;
        } else if (sql.startsWith("*/", i)) {
          depth--;
          i++;
          if (depth == 0) {
            return i + 1;
          }
        }
      }
      return sql.length();
    }

    private int quoted(char quote, boolean escapes) {
      for (int i = at + 1; i < sql.length(); i++) {
        if (escapes && sql.charAt(i) == '\\') {
          i++;
        } else if (sql.charAt(i) == quote) {
          if (i + 1 < sql.length() && sql.charAt(i + 1) == quote) {
            i++;
          } else {
            return i + 1;
          }
        }
      }
      return sql.length();
    }

    /** E'…' has backslashes that escape. */
    private boolean isEscapes() {
      boolean letter = at > 0 && "eE".indexOf(sql.charAt(at - 1)) >= 0;
      return letter && (at < 2 || !Character.isJavaIdentifierPart(sql.charAt(at - 2)));
    }

    private int dollars() {
      int tagEnd = at + 1;
      while (tagEnd < sql.length() && isWord(sql.charAt(tagEnd))) {
        tagEnd++;
      }
      if (tagEnd >= sql.length() || sql.charAt(tagEnd) != '$') {
        return at;
      }
      String tag = sql.substring(at, tagEnd + 1);
      int end = sql.indexOf(tag, tagEnd + 1);
      return end < 0 ? sql.length() : end + tag.length();
    }

    private void name() {
      int end = at + 1;
      while (end < sql.length() && isWord(sql.charAt(end))) {
        end++;
      }
      names.add(sql.substring(at + 1, end));
      out.append('?');
      at = end;
    }

    private boolean isName(int i) {
      return i < sql.length() && (Character.isLetter(sql.charAt(i)) || sql.charAt(i) == '_');
    }

    private static boolean isWord(char c) {
      return Character.isLetterOrDigit(c) || c == '_';
    }

    private boolean isWordBefore() {
      return at > 0 && isWord(sql.charAt(at - 1));
    }

    /** The upper bound of a slice, as in {@code a[1:n]}: a column and no parameter. */
    private boolean isBound() {
      return isWordBefore() || (at > 0 && ")]".indexOf(sql.charAt(at - 1)) >= 0);
    }

    private boolean is(String text) {
      return sql.startsWith(text, at);
    }

    private void copy(int end) {
      out.append(sql, at, end);
      at = end;
    }
  }
}
