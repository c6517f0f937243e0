package io.epicfhir.common.optout;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Whose records stay out, by keyed hashes (HMAC-SHA-256) of what names them: nobody without the key
 * can tell from it whom. Used by one thread at a time; {@link #copy} gives another one its own.
 */
public final class OptOuts implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Nobody. */
  public static final OptOuts NONE = new OptOuts(new byte[1], Set.of());

  private static final String ANY_TYPE = "*/";
  private static final String PERSON = "Patient";
  private static final int HASH_BYTES = 16;

  /** Names come again and again; a hash costs a microsecond. */
  private static final int REMEMBERED = 50_000;

  private final byte[] key;
  private final HashSet<String> hashes;
  private transient Mac mac;
  private transient Map<String, Boolean> remembered;
  private final TreeSet<String> learned = new TreeSet<>();

  OptOuts(byte[] key, Collection<String> hashes) {
    this.key = key.clone();
    this.hashes = new HashSet<>(hashes);
  }

  /** The same for another thread. */
  public OptOuts copy() {
    return new OptOuts(key, hashes);
  }

  /** Whether nobody is on the list. */
  public boolean isEmpty() {
    return hashes.isEmpty();
  }

  /** Whether a resource is on the list. */
  public boolean has(String type, String id) {
    return id != null && listed(type + "/" + id);
  }

  /** Whether a text names somebody or something on the list. */
  public boolean in(byte[] text, int offset, int length) {
    return !isEmpty() && KeyTokens.scan(text, offset, length, this::names);
  }

  /**
   * Whether a resource stays out: it is on the list, or its text names who is. It is remembered
   * then, because others may refer to nothing but it.
   *
   * @param id null where it has none
   */
  public boolean keepsOut(String type, String id, byte[] text, int offset, int length) {
    if (isEmpty()) {
      return false;
    }
    if (has(type, id)) {
      return true;
    }
    if (!in(text, offset, length) || (type.equals(PERSON) && !links(text, offset, length))) {
      return false;
    }
    if (id != null && (type.equals(PERSON) || !namesAnother(text, offset, length))) {
      learned.addAll(hashesOf(type + "/" + id));
    }
    return true;
  }

  /**
   * What is about somebody else, too (a group, a list), must not keep out all that refers to it.
   */
  private boolean namesAnother(byte[] text, int offset, int length) {
    return KeyTokens.scan(
        text,
        offset,
        length,
        (type, id) -> PERSON.equals(type) && !listed(type + "/" + id) && !listed(ANY_TYPE + id));
  }

  /** A person's record may name another one: the mother's. Only a link makes it the same. */
  private boolean links(byte[] text, int offset, int length) {
    String json = new String(text, offset, length, StandardCharsets.UTF_8);
    return LinkedRecords.of(json, PERSON).stream().anyMatch(this::listed);
  }

  /** Hashes of what stayed out and was not on the list. */
  public Set<String> learned() {
    return Set.copyOf(learned);
  }

  private boolean names(String type, String id) {
    boolean named = type != null && !type.equals("uuid") && listed(type + "/" + id);
    return named || (KeyTokens.isUnique(id) && listed(ANY_TYPE + id));
  }

  /** Whether a name of a person is on the list: {@code Type/id}, or another one it was given. */
  public boolean listed(String name) {
    if (isEmpty()) {
      return false;
    }
    if (remembered == null || remembered.size() > REMEMBERED) {
      remembered = new HashMap<>();
    }
    return remembered.computeIfAbsent(name, n -> hashes.contains(hash(n)));
  }

  /** The hashes by which a resource is known, from {@code Type/id}. */
  public Set<String> hashesOf(String resource) {
    Set<String> all = new TreeSet<>();
    all.add(hash(resource));
    String id = resource.substring(resource.indexOf('/') + 1);
    if (KeyTokens.isUnique(id)) {
      all.add(hash(ANY_TYPE + id));
    }
    return all;
  }

  String hash(String name) {
    try {
      if (mac == null) {
        mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
      }
      byte[] all = mac.doFinal(name.getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(all, HASH_BYTES));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Cannot hash a name: every JDK has HmacSHA256", e);
    }
  }
}
