package io.epicfhir.transform.delta;

import java.nio.ByteBuffer;
import java.util.UUID;

/** The Z85 encoding (ZeroMQ RFC 32), in which Delta writes the name of a deletion vector file. */
final class Base85 {
  private static final String DIGITS =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

  private Base85() {}

  /** Twenty characters. */
  static String encode(UUID id) {
    ByteBuffer bytes = ByteBuffer.allocate(16);
    bytes.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits()).flip();
    StringBuilder text = new StringBuilder(20);
    while (bytes.hasRemaining()) {
      long word = bytes.getInt() & 0xFFFFFFFFL;
      for (long place = 85L * 85 * 85 * 85; place > 0; place /= 85) {
        text.append(DIGITS.charAt((int) (word / place % 85)));
      }
    }
    return text.toString();
  }
}
