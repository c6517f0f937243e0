package io.epicfhir.sandbox.epic;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/** Ids and numbers as Epic has them, each made of what it stands for: the same at every reload. */
public final class EpicId {
  private static final int SHORT_BYTES = 16;
  private static final int LONG_ID_IN = 20;

  private EpicId() {}

  /** The served id of a resource that has this id in the folder; 1 of 20 has 88 characters. */
  public static String of(String type, String id) {
    byte[] digest = digest(type + "/" + id);
    boolean isLong = bucket("long " + type + "/" + id, LONG_ID_IN) == 0;
    byte[] bytes = isLong ? digest : Arrays.copyOf(digest, SHORT_BYTES);
    String text = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    // An underscore is no character of a FHIR id; Epic has dots.
    return "e" + text.replace('_', '.') + "3";
  }

  /** A number from 0 to buckets - 1 that is always the same for the same key. */
  public static int bucket(String key, int buckets) {
    return (int) (number(key) % buckets);
  }

  /** A number of at most so many digits, such as a record's number in a master file. */
  static String digits(String key, int digits) {
    return Long.toString(number(key) % (long) Math.pow(10, digits));
  }

  private static long number(String key) {
    byte[] digest = digest(key);
    long value = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      value = (value << 8) | (digest[i] & 0xff);
    }
    return value & Long.MAX_VALUE;
  }

  private static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-512").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
