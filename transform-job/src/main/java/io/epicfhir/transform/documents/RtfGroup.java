package io.epicfhir.transform.documents;

import java.util.Set;

/** What holds in a group of RTF until it ends. */
final class RtfGroup {
  /** Destinations that are not the document's text. */
  private static final Set<String> NOT_TEXT =
      Set.of(
          "colortbl",
          "stylesheet",
          "info",
          "pict",
          "header",
          "headerl",
          "headerr",
          "headerf",
          "footer",
          "footerl",
          "footerr",
          "footerf",
          "filetbl",
          "listtable",
          "listoverridetable",
          "revtbl",
          "rsidtbl",
          "xmlnstbl",
          "fldinst",
          "nonshppict",
          "shprslt",
          "sn",
          "sv",
          "upr",
          "xe",
          "tc",
          "rxe",
          "txe",
          "bkmkstart",
          "bkmkend",
          "objdata",
          "objclass",
          "objname",
          "template",
          "userprops",
          "ftnsep",
          "ftnsepc",
          "ftncn",
          "aftnsep",
          "aftnsepc",
          "aftncn",
          "do",
          "themedata",
          "colorschememapping",
          "datastore",
          "generator",
          "background");

  /** Destinations that are marked as ones to skip, and hold text. */
  private static final Set<String> TEXT_ALL_THE_SAME = Set.of("shpinst", "ud");

  private boolean skipped;
  private boolean fontTable;
  private boolean hidden;
  private boolean deleted;
  private int afterUnicode = 1;
  private int font = -1;
  private int defaultFont = -1;

  RtfGroup() {}

  /** A group in another. */
  RtfGroup(RtfGroup outer) {
    skipped = outer.skipped;
    fontTable = outer.fontTable;
    hidden = outer.hidden;
    deleted = outer.deleted;
    afterUnicode = outer.afterUnicode;
    font = outer.font;
    defaultFont = outer.defaultFont;
  }

  /**
   * Whether a word names what the group is.
   *
   * @param optional whether it is marked as one to skip by readers that do not know it
   */
  boolean destination(String word, boolean optional) {
    if (word.equals("fonttbl")) {
      fontTable = true;
      return true;
    }
    if (word.equals("ud")) {
      skipped = false; // the Unicode form of what \\upr has in an old charset
      return true;
    }
    if (optional || NOT_TEXT.contains(word)) {
      skipped |= !TEXT_ALL_THE_SAME.contains(word);
      return true;
    }
    return false;
  }

  boolean shown() {
    return !skipped && !hidden && !deleted;
  }

  boolean fontTable() {
    return fontTable;
  }

  int font() {
    return font < 0 ? defaultFont : font;
  }

  void font(int number) {
    font = number;
  }

  void defaultFont(int number) {
    defaultFont = number;
  }

  void plain() {
    font = -1;
    hidden = false;
    deleted = false;
  }

  void hide(boolean on) {
    hidden = on;
  }

  void delete(boolean on) {
    deleted = on;
  }

  int skipAfterUnicode() {
    return afterUnicode;
  }

  void skipAfterUnicode(int characters) {
    afterUnicode = Math.max(0, characters);
  }
}
