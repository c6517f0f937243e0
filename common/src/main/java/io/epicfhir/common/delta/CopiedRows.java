package io.epicfhir.common.delta;

import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.roaringbitmap.RoaringBitmap;

/**
 * Files of rows that stay, copied from files that go in the same commit. The log says that their
 * rows are not new, and a tag of the first one says which rows of the old files are in no copy: so
 * a reader of changes need not read what only moved.
 *
 * @param files the copies; together they have all live rows of the old files but those left out
 * @param leftOut positions of live rows by the path of a file that goes; each file that goes is in
 *     it
 * @see <a
 *     href="https://github.com/delta-io/delta/blob/master/PROTOCOL.md#add-file-and-remove-file">Add
 *     File and Remove File: dataChange and tags</a>
 */
public record CopiedRows(List<NewFile> files, Map<String, RoaringBitmap> leftOut) {
  /** No file was copied. */
  public static final CopiedRows NONE = new CopiedRows(List.of(), Map.of());

  static final String TAG = "epic-fhir.left-out";

  /** A tag stands in the log and in each checkpoint. */
  private static final int MOST_CHARACTERS = 256 * 1024;

  /** Takes copies of the list and the map. */
  public CopiedRows {
    files = List.copyOf(files);
    leftOut = Map.copyOf(leftOut);
  }

  /** The tag; empty where it would be too long, or there is nothing to tag. */
  Optional<Map<String, String>> tag() {
    if (files.isEmpty()) {
      return Optional.empty();
    }
    StringBuilder text = new StringBuilder();
    new TreeMap<>(leftOut)
        .forEach(
            (path, rows) ->
                text.append(text.isEmpty() ? "" : " ")
                    .append(base64(path.getBytes(StandardCharsets.UTF_8)))
                    .append(':')
                    .append(base64(PackedBitmap.pack(shortest(rows)))));
    return text.length() > MOST_CHARACTERS
        ? Optional.empty()
        : Optional.of(Map.of(TAG, text.toString()));
  }

  /** What a tag says; empty for one that nobody wrote so. */
  static Optional<Map<String, RoaringBitmap>> leftOut(String tag) {
    Map<String, RoaringBitmap> leftOut = new HashMap<>();
    try {
      Base64.Decoder decoder = Base64.getDecoder();
      for (String one : tag.split(" ", -1)) {
        String[] parts = one.split(":", -1);
        leftOut.put(
            new String(decoder.decode(parts[0]), StandardCharsets.UTF_8),
            PackedBitmap.unpack(decoder.decode(parts[1])));
      }
      return Optional.of(leftOut);
    } catch (IllegalArgumentException | IndexOutOfBoundsException | UncheckedIOException e) {
      return Optional.empty();
    }
  }

  private static RoaringBitmap shortest(RoaringBitmap rows) {
    RoaringBitmap copy = rows.clone();
    copy.runOptimize();
    return copy;
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
