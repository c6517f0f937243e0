package io.epicfhir.common.optout;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Set;
import java.util.TreeSet;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Names by keyed hashes (HMAC-SHA-256), for many threads at once. */
public final class KeyedHashes implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final String ANY_TYPE = "*/";
  private static final String MAC = "HmacSHA256";
  private static final int HASH_BYTES = 16;

  private final byte[] key;

  /** One for each thread. */
  private transient ThreadLocal<Mac> macs;

  KeyedHashes(byte[] key) {
    this.key = key.clone();
    this.macs = ThreadLocal.withInitial(this::newMac);
  }

  private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
    in.defaultReadObject();
    macs = ThreadLocal.withInitial(this::newMac);
  }

  /** The hashes by which a resource is known, from {@code Type/id}. */
  Set<String> ofResource(String resource) {
    Set<String> all = new TreeSet<>();
    all.add(of(resource));
    String id = resource.substring(resource.indexOf('/') + 1);
    if (KeyTokens.isUnique(id)) {
      all.add(of(anyType(id)));
    }
    return all;
  }

  /** The name of an id that needs no type. */
  static String anyType(String id) {
    return ANY_TYPE + id;
  }

  /** The hash of a name. */
  public String of(String name) {
    byte[] all = macs.get().doFinal(name.getBytes(StandardCharsets.UTF_8));
    return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(all, HASH_BYTES));
  }

  private Mac newMac() {
    try {
      Mac mac = Mac.getInstance(MAC);
      mac.init(new SecretKeySpec(key, MAC));
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Cannot hash a name: every JDK has HmacSHA256", e);
    }
  }
}
