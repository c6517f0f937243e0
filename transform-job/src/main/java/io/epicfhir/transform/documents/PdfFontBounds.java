package io.epicfhir.transform.documents;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.pdfbox.cos.COSArray;
import org.apache.pdfbox.cos.COSBase;
import org.apache.pdfbox.cos.COSDictionary;
import org.apache.pdfbox.cos.COSName;
import org.apache.pdfbox.cos.COSNumber;
import org.apache.pdfbox.cos.COSStream;

/**
 * Whether fonts name no more characters than there are (PDF 32000-1, 9.7.4.3 and 9.10.3): PDFBox
 * keeps each character of a range by itself.
 */
final class PdfFontBounds {
  private static final int LAST = 0xFFFF;

  /** The characters that a font's widths or its table of texts may name, again and again. */
  private static final long MOST = 1 << 18;

  /** The longest table of texts that is read, in bytes. */
  private static final int LONGEST_MAP = 4 << 20;

  private static final COSName W2 = COSName.getPDFName("W2");
  private static final String BEGIN = "beginbfrange";

  /** First and last character, and the text of the first, or a list of texts. */
  private static final Pattern RANGE =
      Pattern.compile("<([0-9A-Fa-f]{1,8})>\\s*<([0-9A-Fa-f]{1,8})>\\s*[<\\[][^>\\]]*[>\\]]");

  private final Set<COSBase> seen = Collections.newSetFromMap(new IdentityHashMap<>());

  /** Whether all fonts of the resources, those of their graphics states too, stay within. */
  boolean hold(COSDictionary resources) throws IOException {
    if (resources == null || !seen.add(resources)) {
      return true;
    }
    COSDictionary fonts = resources.getCOSDictionary(COSName.FONT);
    if (fonts != null) {
      for (COSName name : fonts.keySet()) {
        if (!holds(fonts.getDictionaryObject(name))) {
          return false;
        }
      }
    }
    COSDictionary states = resources.getCOSDictionary(COSName.EXT_G_STATE);
    if (states != null) {
      for (COSName name : states.keySet()) {
        if (states.getDictionaryObject(name) instanceof COSDictionary state
            && state.getDictionaryObject(COSName.FONT) instanceof COSArray font
            && !holds(font.getObject(0))) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean holds(COSBase font) throws IOException {
    if (!(font instanceof COSDictionary one) || !seen.add(one)) {
      return true;
    }
    if (one.getDictionaryObject(COSName.DESCENDANT_FONTS) instanceof COSArray descendants) {
      for (int i = 0; i < descendants.size(); i++) {
        if (!holds(descendants.getObject(i))) {
          return false;
        }
      }
    }
    return widths(one.getDictionaryObject(COSName.W), 3)
        && widths(one.getDictionaryObject(W2), 5)
        && map(one.getDictionaryObject(COSName.TO_UNICODE))
        && map(one.getDictionaryObject(COSName.ENCODING));
  }

  /** A list of single widths, or a range: its first and last character and what they share. */
  private static boolean widths(COSBase value, int ofRange) {
    if (!(value instanceof COSArray array)) {
      return true;
    }
    long characters = 0;
    for (int i = 0; i + 1 < array.size(); ) {
      if (array.getObject(i + 1) instanceof COSArray list) {
        characters += list.size();
        i += 2;
        continue;
      }
      long first = number(array.getObject(i));
      long last = number(array.getObject(i + 1));
      if (first < 0 || last > LAST) {
        return false;
      }
      characters += Math.max(0, last - first + 1);
      i += ofRange;
    }
    return characters <= MOST;
  }

  private static long number(COSBase value) {
    return value instanceof COSNumber number ? number.longValue() : 0;
  }

  private static boolean map(COSBase value) throws IOException {
    if (!(value instanceof COSStream stream)) {
      return true;
    }
    byte[] text;
    try (InputStream in = stream.createInputStream()) {
      text = in.readNBytes(LONGEST_MAP + 1);
    }
    if (text.length > LONGEST_MAP) {
      return false;
    }
    long characters = 0;
    String map = new String(text, StandardCharsets.ISO_8859_1);
    for (int at = map.indexOf(BEGIN); at >= 0 && characters <= MOST; ) {
      int end = map.indexOf("endbfrange", at);
      int to = end < 0 ? map.length() : end;
      Matcher ranges = RANGE.matcher(map).region(at, to);
      while (ranges.find() && characters <= MOST) {
        long size = Long.parseLong(ranges.group(2), 16) - Long.parseLong(ranges.group(1), 16) + 1;
        characters += Math.max(1, size);
      }
      at = map.indexOf(BEGIN, to);
    }
    return characters <= MOST;
  }
}
