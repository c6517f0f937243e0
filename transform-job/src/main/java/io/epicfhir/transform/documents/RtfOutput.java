package io.epicfhir.transform.documents;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The text that an RTF document gives so far, and the charsets that its bytes are in. */
final class RtfOutput {
  private static final Charset WINDOWS = Charset.forName("windows-1252");
  private static final int SYMBOL = -2;

  /** Charsets of fonts to code pages; 0 and 1 are the document's own. */
  private static final Map<Integer, Integer> FONT_CHARSETS =
      Map.ofEntries(
          Map.entry(2, SYMBOL),
          Map.entry(77, 10000),
          Map.entry(128, 932),
          Map.entry(129, 949),
          Map.entry(134, 936),
          Map.entry(136, 950),
          Map.entry(161, 1253),
          Map.entry(162, 1254),
          Map.entry(163, 1258),
          Map.entry(177, 1255),
          Map.entry(178, 1256),
          Map.entry(186, 1257),
          Map.entry(204, 1251),
          Map.entry(222, 874),
          Map.entry(238, 1250),
          Map.entry(254, 437),
          Map.entry(255, 850));

  private static final Map<String, String> TEXTS =
      Map.ofEntries(
          Map.entry("par", "\n"),
          Map.entry("line", "\n"),
          Map.entry("sect", "\n"),
          Map.entry("page", "\n"),
          Map.entry("column", "\n"),
          Map.entry("softline", "\n"),
          Map.entry("tab", "\t"),
          Map.entry("cell", "\t"),
          Map.entry("nestcell", "\t"),
          Map.entry("emdash", "\u2014"),
          Map.entry("endash", "\u2013"),
          Map.entry("emspace", " "),
          Map.entry("enspace", " "),
          Map.entry("qmspace", " "),
          Map.entry("bullet", "\u2022"),
          Map.entry("lquote", "\u2018"),
          Map.entry("rquote", "\u2019"),
          Map.entry("ldblquote", "\u201C"),
          Map.entry("rdblquote", "\u201D"),
          Map.entry("zwj", "\u200D"),
          Map.entry("zwnj", "\u200C"),
          Map.entry("ltrmark", "\u200E"),
          Map.entry("rtlmark", "\u200F"));

  private final StringBuilder out = new StringBuilder();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final Map<Integer, Integer> fonts = new HashMap<>();
  private int bytesFont = -1;
  private Charset document = WINDOWS;

  /** What a control word stands for; empty where that is no text. */
  static String textOf(String word) {
    return TEXTS.getOrDefault(word, "");
  }

  /** A byte of the document's text, in the charset of a font. */
  void character(int c, int font) {
    if (c < 0x80 && bytes.size() == 0) {
      out.append((char) c);
      return;
    }
    bytesFont = font;
    bytes.write(c);
  }

  void text(String text) {
    flush();
    out.append(text);
  }

  void unicode(char c) {
    flush();
    // Symbol fonts are written as U+F020 to U+F0FF.
    out.append(c == '\uF0B7' ? '\u2022' : c);
  }

  /** The end of a table's row: a cell's tab before it separates nothing. */
  void row() {
    flush();
    int end = out.length();
    if (end > 0 && out.charAt(end - 1) == '\t') {
      out.setLength(end - 1);
    }
    out.append('\n');
  }

  void codePage(int number) {
    document = charset(number, WINDOWS);
  }

  void fontCharset(RtfGroup group, int number) {
    Integer codePage = FONT_CHARSETS.get(number);
    if (group.fontTable() && codePage != null) {
      fonts.put(group.font(), codePage);
    }
  }

  void fontCodePage(RtfGroup group, int number) {
    if (group.fontTable()) {
      fonts.put(group.font(), number);
    }
  }

  /** Decodes the bytes that wait: a character can be of several. */
  void flush() {
    if (bytes.size() == 0) {
      return;
    }
    Integer codePage = fonts.get(bytesFont);
    boolean symbol = codePage != null && codePage == SYMBOL;
    Charset charset = codePage == null || symbol ? document : charset(codePage, document);
    String text = bytes.toString(symbol ? WINDOWS : charset);
    out.append(symbol ? text.replace('\u00B7', '\u2022') : text);
    bytes.reset();
  }

  private static Charset charset(int codePage, Charset otherwise) {
    String name =
        switch (codePage) {
          case 437, 850, 852, 855, 858, 860, 862, 863, 865, 866 -> "IBM" + codePage;
          case 874 -> "x-windows-874";
          case 932 -> "windows-31j";
          case 936 -> "GBK";
          case 949 -> "x-windows-949";
          case 950 -> "x-windows-950";
          case 10000 -> "x-MacRoman";
          case 65001 -> "UTF-8";
          default -> codePage >= 1250 && codePage <= 1258 ? "windows-" + codePage : "";
        };
    return !name.isEmpty() && Charset.isSupported(name) ? Charset.forName(name) : otherwise;
  }

  String charset() {
    return document.name().toLowerCase(Locale.ROOT);
  }

  /** All of it; half of a surrogate pair reads as U+FFFD. */
  String text() {
    StringBuilder whole = new StringBuilder(out.length());
    out.codePoints()
        .map(c -> c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c)
        .forEach(whole::appendCodePoint);
    return whole.toString().strip();
  }
}
