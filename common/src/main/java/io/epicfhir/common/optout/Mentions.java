package io.epicfhir.common.optout;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether a text names one of some resources, each known as {@code Type/id}. An id that cannot be
 * anything else counts without its type, too; a short one, such as 42, does not.
 */
public final class Mentions implements Serializable {
  private static final long serialVersionUID = 1L;

  private final HashSet<String> keys = new HashSet<>();
  private final HashSet<String> unique = new HashSet<>();
  private final HashSet<String> all = new HashSet<>();

  /** Of these. */
  public Mentions(Collection<String> keys) {
    for (String key : keys) {
      String id = key.substring(key.indexOf('/') + 1);
      this.keys.add(key);
      all.add(id);
      if (KeyTokens.isUnique(id)) {
        unique.add(id);
      }
    }
  }

  /** Whether it is one of them. */
  public boolean has(String type, String id) {
    return keys.contains(type + "/" + id);
  }

  /** Whether one of them has this id, of whatever type. */
  public boolean hasId(String id) {
    return all.contains(id);
  }

  /** Whether one of them has this id, and the id is no other word or number. */
  public boolean hasUnique(String id) {
    return unique.contains(id);
  }

  /** How many there are. */
  public int size() {
    return keys.size();
  }

  /** The resources, as {@code Type/id}. */
  public Set<String> keys() {
    return Set.copyOf(keys);
  }

  /** Whether the text names one. */
  public boolean in(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return in(bytes, 0, bytes.length);
  }

  /** Whether a part of the bytes names one. */
  public boolean in(byte[] text, int offset, int length) {
    return KeyTokens.scan(text, offset, length, this::names);
  }

  /** Every {@code Type/id} in a text. */
  public static Set<String> keysIn(String text) {
    Set<String> keys = new TreeSet<>();
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    KeyTokens.scan(
        bytes,
        0,
        bytes.length,
        (type, id) -> {
          if (type != null && Character.isUpperCase(type.charAt(0))) {
            keys.add(type + "/" + id);
          }
          return false;
        });
    return keys;
  }

  private boolean names(String type, String id) {
    if (!all.contains(id)) {
      return false;
    }
    return unique.contains(id) || (type != null && keys.contains(type + "/" + id));
  }
}
