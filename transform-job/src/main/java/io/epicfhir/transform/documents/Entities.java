package io.epicfhir.transform.documents;

import java.nio.charset.Charset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.text.translate.EntityArrays;

/** Character references of HTML and XML. What is none stays as written. */
final class Entities {
  /** The longest name of an entity that is known. */
  private static final int LONGEST = 32;

  /** HTML 5 has them, HTML 4 has not. */
  private static final Map<String, String> NEWER =
      Map.ofEntries(
          Map.entry("apos", "'"),
          Map.entry("check", "\u2713"),
          Map.entry("cross", "\u2717"),
          Map.entry("star", "\u2606"),
          Map.entry("phone", "\u260E"),
          Map.entry("female", "\u2640"),
          Map.entry("male", "\u2642"),
          Map.entry("Tab", "\t"),
          Map.entry("NewLine", "\n"),
          Map.entry("excl", "!"),
          Map.entry("num", "#"),
          Map.entry("dollar", "$"),
          Map.entry("percnt", "%"),
          Map.entry("lpar", "("),
          Map.entry("rpar", ")"),
          Map.entry("ast", "*"),
          Map.entry("plus", "+"),
          Map.entry("comma", ","),
          Map.entry("period", "."),
          Map.entry("sol", "/"),
          Map.entry("colon", ":"),
          Map.entry("semi", ";"),
          Map.entry("equals", "="),
          Map.entry("quest", "?"),
          Map.entry("commat", "@"),
          Map.entry("lsqb", "["),
          Map.entry("lbrack", "["),
          Map.entry("bsol", "\\"),
          Map.entry("rsqb", "]"),
          Map.entry("rbrack", "]"),
          Map.entry("lowbar", "_"),
          Map.entry("grave", "`"),
          Map.entry("lcub", "{"),
          Map.entry("lbrace", "{"),
          Map.entry("verbar", "|"),
          Map.entry("vert", "|"),
          Map.entry("rcub", "}"),
          Map.entry("rbrace", "}"),
          Map.entry("hyphen", "\u2010"),
          Map.entry("dash", "\u2010"),
          Map.entry("le", "\u2264"),
          Map.entry("leq", "\u2264"),
          Map.entry("geq", "\u2265"),
          Map.entry("half", "\u00BD"),
          Map.entry("nbsp", "\u00A0"),
          Map.entry("AMP", "&"),
          Map.entry("LT", "<"),
          Map.entry("GT", ">"),
          Map.entry("QUOT", "\""));

  private static final Map<String, String> XML =
      Map.of("amp", "&", "lt", "<", "gt", ">", "quot", "\"", "apos", "'");
  private static final Map<String, String> HTML = html();

  private Entities() {}

  private static Map<String, String> html() {
    Map<String, String> all = new HashMap<>(NEWER);
    for (Map<CharSequence, CharSequence> part :
        List.of(
            EntityArrays.BASIC_ESCAPE,
            EntityArrays.ISO8859_1_ESCAPE,
            EntityArrays.HTML40_EXTENDED_ESCAPE)) {
      part.forEach(
          (value, entity) -> all.put(entity.toString().replaceAll("[&;]", ""), value.toString()));
    }
    return all;
  }

  static String decoded(String text, boolean html) {
    int at = text.indexOf('&');
    if (at < 0) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length());
    int from = 0;
    for (; at >= 0; at = text.indexOf('&', Math.max(from, at + 1))) {
      out.append(text, from, at);
      from = at;
      int end = end(text, at + 1);
      String value =
          value(text.substring(at + 1, end), html, end < text.length() && text.charAt(end) == ';');
      if (value != null) {
        out.append(value);
        from = end < text.length() && text.charAt(end) == ';' ? end + 1 : end;
      }
    }
    return out.append(text, from, text.length()).toString();
  }

  private static int end(String text, int from) {
    int end = from;
    while (end < text.length()
        && end - from < LONGEST
        && (Character.isLetterOrDigit(text.charAt(end))
            || (end == from && text.charAt(end) == '#'))) {
      end++;
    }
    return end;
  }

  /** The text that a reference means, or null; one without a semicolon counts in HTML only. */
  private static String value(String name, boolean html, boolean ended) {
    if (!ended && !html) {
      return null;
    }
    if (name.startsWith("#")) {
      return number(name);
    }
    if (!ended && name.length() > 4 && !name.equals("quot")) {
      return null; // browsers take a few short old names without a semicolon
    }
    return (html ? HTML : XML).get(name);
  }

  private static String number(String name) {
    boolean hex = name.startsWith("#x") || name.startsWith("#X");
    try {
      int code = Integer.parseInt(name.substring(hex ? 2 : 1), hex ? 16 : 10);
      if (code >= 0x80 && code < 0xA0) {
        return new String(new byte[] {(byte) code}, Charset.forName("windows-1252"));
      }
      boolean character =
          code > 0 && Character.isValidCodePoint(code) && (code < 0xD800 || code > 0xDFFF);
      return character ? Character.toString(code) : "\uFFFD";
    } catch (NumberFormatException e) {
      return name.matches("#([0-9]+|[xX][0-9a-fA-F]+)") ? "\uFFFD" : null;
    }
  }
}
