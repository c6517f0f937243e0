package io.epicfhir.sandbox.bulk;

import io.epicfhir.sandbox.http.Piece;
import io.epicfhir.sandbox.lines.StoredLine;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One file of an export.
 *
 * @param name its last path segment, beginning with the type
 * @param count what the manifest says, right or (by a fault) wrong
 */
record ExportFile(String name, String type, List<Piece> pieces, int count) {

  /** Neighbouring lines become one range, so that a whole file goes out in one transfer. */
  static final class Builder {
    private final List<Piece> pieces = new ArrayList<>();
    private int lines;
    private long bytes;

    void add(StoredLine line) {
      long length = line.length() + 1L;
      Piece last = pieces.isEmpty() ? null : pieces.get(pieces.size() - 1);
      if (last instanceof Piece.FileRange range
          && range.file().equals(line.file())
          && range.offset() + range.length() == line.offset()) {
        pieces.set(
            pieces.size() - 1,
            new Piece.FileRange(range.file(), range.offset(), range.length() + length));
      } else {
        pieces.add(new Piece.FileRange(line.file(), line.offset(), length));
      }
      lines++;
      bytes += length;
    }

    void add(byte[] line) {
      add(List.of(new Piece.Memory(line)));
    }

    /** One line, without its line feed. */
    void add(List<Piece> line) {
      pieces.addAll(line);
      pieces.add(new Piece.Memory("\n".getBytes(StandardCharsets.UTF_8)));
      lines++;
      bytes += Piece.length(line) + 1;
    }

    boolean full(long moreBytes, ExportOptions options) {
      return lines > 0
          && (lines >= options.maxFileLines() || bytes + moreBytes > options.maxFileBytes());
    }

    boolean isEmpty() {
      return lines == 0;
    }

    ExportFile build(String type, int number, int countOff) {
      return new ExportFile(
          type + "-" + number + ".ndjson", type, List.copyOf(pieces), lines + countOff);
    }
  }
}
