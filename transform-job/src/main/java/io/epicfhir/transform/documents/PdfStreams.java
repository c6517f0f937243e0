package io.epicfhir.transform.documents;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * What the streams of a PDF unpack to, found without keeping any of it. Streams and their
 * dictionaries are always in the open (PDF 32000-1, 7.5.7). Which dictionary is whose is not asked,
 * as a file could pretend: each stream is tried as all that any dictionary says.
 */
final class PdfStreams {
  private static final Set<String> FLATE = Set.of("FlateDecode", "Fl");
  private static final Set<String> LZW = Set.of("LZWDecode", "LZW");
  private static final Set<String> RUNS = Set.of("RunLengthDecode", "RL");
  private static final Set<String> BASE_85 = Set.of("ASCII85Decode", "A85");
  private static final Set<String> HEX = Set.of("ASCIIHexDecode", "AHx");

  /** The key of a stream's filters: {@code Filter}, or {@code F}, which PDFBox reads, too. */
  private static final Pattern KEY = Pattern.compile("/F(?:ilter)?(?![A-Za-z0-9#])");

  private static final Pattern ESCAPE = Pattern.compile("#([0-9A-Fa-f]{2})");
  private static final int HEADER = 2;

  /** 12 bits name at most 4,094 bytes. */
  private static final long LZW_GROWTH = 2_731;

  private static final long RUN_LENGTH_GROWTH = 64;

  private final byte[] bytes;
  private final String text;
  private final long mostOfOne;
  private final byte[] sink = new byte[1 << 16];
  private long left;

  private PdfStreams(byte[] bytes, long mostOfOne, long most) {
    this.bytes = bytes;
    this.text = new String(bytes, StandardCharsets.ISO_8859_1);
    this.mostOfOne = mostOfOne;
    this.left = most;
  }

  /**
   * Whether they stay within bounds, in bytes; false if that is unknown.
   *
   * @param mostOfOne what one may unpack to
   * @param most what all of them may
   */
  static boolean within(byte[] bytes, long mostOfOne, long most) {
    return new PdfStreams(bytes, mostOfOne, most).run();
  }

  private boolean run() {
    Optional<List<List<String>>> all = filters();
    if (all.isEmpty() || !new PdfOperands().take(bytes, bytes.length)) {
      return false;
    }
    boolean inBase85 = false;
    boolean inHex = false;
    for (List<String> filters : all.get()) {
      long growing = filters.stream().filter(PdfStreams::grows).count();
      if (growing > 1 || filters.stream().anyMatch(f -> growth(f) * bytes.length > mostOfOne)) {
        return false;
      }
      inBase85 |= filters.stream().anyMatch(BASE_85::contains);
      inHex |= filters.stream().anyMatch(HEX::contains);
    }
    for (int at = text.indexOf("stream"); at >= 0; at = text.indexOf("stream", at + 1)) {
      int begin = begin(at + "stream".length());
      if (!inflates(bytes, begin)
          || (inBase85 && !(takes(begin, '~') && inflates(PdfAscii.base85(bytes, begin), 0)))
          || (inHex && !(takes(begin, '>') && inflates(PdfAscii.hex(bytes, begin), 0)))) {
        return false;
      }
    }
    return true;
  }

  private static boolean grows(String filter) {
    return FLATE.contains(filter) || growth(filter) > 0;
  }

  /** What a byte may become; 0 where that is not known beforehand, or it does not grow. */
  private static long growth(String filter) {
    if (LZW.contains(filter)) {
      return LZW_GROWTH;
    }
    return RUNS.contains(filter) ? RUN_LENGTH_GROWTH : 0;
  }

  private int begin(int at) {
    int begin = at;
    while (begin < bytes.length && " \r\n".indexOf(bytes[begin]) >= 0) {
      begin++;
    }
    return begin;
  }

  /** The filters of each dictionary; empty where one stands elsewhere. */
  private Optional<List<List<String>>> filters() {
    String names =
        ESCAPE
            .matcher(text)
            .replaceAll(
                m ->
                    Matcher.quoteReplacement(
                        String.valueOf((char) Integer.parseInt(m.group(1), 16))));
    List<List<String>> all = new ArrayList<>();
    Matcher keys = KEY.matcher(names);
    while (keys.find()) {
      PdfNames found = PdfNames.at(names, keys.end());
      if (found.isElsewhere()) {
        return Optional.empty();
      }
      all.add(found.names());
    }
    return Optional.of(all);
  }

  /** Whether there is time for the characters until their end. */
  private boolean takes(int begin, char end) {
    int at = text.indexOf(end, begin);
    left -= (at < 0 ? bytes.length : at) - (long) begin;
    return left >= 0;
  }

  /** As PDFBox does it: the header is passed over, whatever it says. */
  private boolean inflates(byte[] packed, int from) {
    left -= HEADER;
    if (packed.length - from <= HEADER) {
      return left >= 0;
    }
    Inflater inflater = new Inflater(true);
    PdfOperands operands = new PdfOperands();
    long one = 0;
    try {
      inflater.setInput(packed, from + HEADER, packed.length - from - HEADER);
      while (!inflater.finished() && !inflater.needsInput() && !inflater.needsDictionary()) {
        int n = inflater.inflate(sink);
        one += n;
        left -= n;
        if (one > mostOfOne || left < 0 || !operands.take(sink, n)) {
          return false;
        }
      }
    } catch (DataFormatException e) {
      // What came until here is what a reader gets.
    } finally {
      left -= inflater.getBytesRead(); // looking at the same bytes again and again takes time, too
      inflater.end();
    }
    return left >= 0;
  }
}
