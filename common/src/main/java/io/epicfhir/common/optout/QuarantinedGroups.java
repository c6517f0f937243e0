package io.epicfhir.common.optout;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lines that belong together: one resource may have been sent in several lines, or in pieces of a
 * long one, and only one of them has the id. A line that begins with a brace begins a resource;
 * what follows it line by line is of the same.
 */
public final class QuarantinedGroups {
  /** A name that is cut at the end of a piece. */
  private static final int OVERLAP = 512;

  /**
   * Where a resource's type and id are: at its beginning, or by a server's own order at its end.
   */
  private static final int MARGIN = 1 << 16;

  private static final Pattern TYPE = Pattern.compile("\"resourceType\"\\s*:\\s*\"([A-Za-z]+)\"");
  private static final Pattern ID = Pattern.compile("\"id\"\\s*:\\s*\"([^\"]+)\"");

  /** Empty lines in a text, which quarantine does not keep. */
  private static final int EMPTY_LINES = 4;

  private final Names names;
  private final Map<String, Group> open = new HashMap<>();
  private final Map<String, TreeMap<Long, Long>> going = new HashMap<>();

  /** Whether a part of some bytes names somebody. */
  public interface Names {
    /** Whether it does. */
    boolean in(byte[] text, int offset, int length);
  }

  /** The lines of one resource so far. */
  private static final class Group {
    private final long first;
    private long last;
    private boolean goes;
    private byte[] tail = new byte[0];

    private Group(long first) {
      this.first = first;
    }
  }

  /** Of lines that name somebody. */
  public QuarantinedGroups(Names names) {
    this.names = names;
  }

  /** Of lines that name who or what is on the list, or are of a resource that is. */
  public static QuarantinedGroups of(OptOuts optOuts) {
    return new QuarantinedGroups((text, offset, length) -> names(optOuts, text, offset, length));
  }

  /** Whether a line names who or what is on the list, or is of a resource that is. */
  public static boolean names(OptOuts optOuts, byte[] text, int offset, int length) {
    return !optOuts.isEmpty()
        && (optOuts.in(text, offset, length) || isOnList(optOuts, text, offset, length));
  }

  /** An id that says nothing by itself says it beside its type. */
  private static boolean isOnList(OptOuts optOuts, byte[] text, int offset, int length) {
    int head = Math.min(length, MARGIN);
    int tail = Math.min(length - head, MARGIN);
    String margins =
        new String(text, offset, head, StandardCharsets.UTF_8)
            + "\n"
            + new String(text, offset + length - tail, tail, StandardCharsets.UTF_8);
    for (Matcher types = TYPE.matcher(margins); types.find(); ) {
      for (Matcher ids = ID.matcher(margins); ids.find(); ) {
        if (optOuts.has(types.group(1), ids.group(1))) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * Takes in a line, or a piece of one.
   *
   * @return whether its group goes, as far as is known by now
   */
  public boolean take(String source, long line, byte[] text, int offset, int length) {
    Group group = open.get(source);
    boolean same = group != null && group.last == line;
    boolean begins = length > 0 && text[offset] == '{';
    boolean next = group != null && group.last == line - 1 && !begins;
    if (!same && !next) {
      group = new Group(line);
      open.put(source, group);
    }
    group.last = line;
    group.goes =
        group.goes
            || names.in(text, offset, length)
            || (same && isCut(group.tail, text, offset, length));
    int tail = Math.min(length, OVERLAP);
    group.tail = Arrays.copyOfRange(text, offset + length - tail, offset + length);
    if (group.goes) {
      going.computeIfAbsent(source, s -> new TreeMap<>()).put(group.first, line);
    }
    return group.goes;
  }

  /**
   * Takes in a line as quarantine has it: where a few are missing before it, they were empty. A
   * line that was taken in as a resource may have been there, too; what follows it is nobody's
   * then.
   */
  public void takeKept(String source, long line, byte[] text) {
    Group group = open.get(source);
    if (group != null && line - group.last - 1 <= EMPTY_LINES) {
      for (long empty = group.last + 1; empty < line; empty++) {
        blank(source, empty);
      }
    }
    take(source, line, text, 0, text.length);
  }

  private boolean isCut(byte[] tail, byte[] text, int offset, int length) {
    int head = Math.min(length, OVERLAP);
    byte[] both = Arrays.copyOf(tail, tail.length + head);
    System.arraycopy(text, offset, both, tail.length, head);
    return names.in(both, 0, both.length);
  }

  /** A line of white space ends no group: a text may have an empty line in it. */
  public void blank(String source, long line) {
    Group group = open.get(source);
    if (group != null && group.last == line - 1) {
      group.last = line;
    }
  }

  /** Whether any line goes. */
  public boolean any() {
    return !going.isEmpty();
  }

  /** Whether a line goes, all pieces of it. */
  public boolean goes(String source, long line) {
    Map.Entry<Long, Long> group = going.getOrDefault(source, new TreeMap<>()).floorEntry(line);
    return group != null && group.getValue() >= line;
  }
}
