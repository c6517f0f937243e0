package io.epicfhir.extract.crawl.index;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The first 128 bits of SHA-256; reused by one thread. */
public final class Digest {
  private final MessageDigest sha = sha256();
  private final byte[] out = new byte[32];
  private long high;
  private long low;

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  public Digest of(byte[] bytes, int offset, int length) {
    sha.update(bytes, offset, length);
    try {
      sha.digest(out, 0, out.length);
    } catch (java.security.DigestException e) {
      throw new IllegalStateException(e);
    }
    ByteBuffer longs = ByteBuffer.wrap(out);
    high = longs.getLong();
    low = longs.getLong();
    return this;
  }

  public Digest of(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return of(bytes, 0, bytes.length);
  }

  public long high() {
    return high;
  }

  public long low() {
    return low;
  }

  /** A file name for a text that may hold what a file name must not. */
  public static String name(String text) {
    byte[] digest = sha256().digest(text.getBytes(StandardCharsets.UTF_8));
    return "c" + HexFormat.of().formatHex(digest, 0, 8);
  }
}
