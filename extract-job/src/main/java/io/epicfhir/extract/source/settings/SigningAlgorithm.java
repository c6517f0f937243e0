package io.epicfhir.extract.source.settings;

import com.nimbusds.jose.JWSAlgorithm;

/** How a client assertion is signed; SMART asks servers for these two. */
public enum SigningAlgorithm {
  /** RSA PKCS#1 with SHA-384. */
  RS384("RSA"),
  /** ECDSA on P-384 with SHA-384. */
  ES384("EC");

  private final String keyFamily;

  SigningAlgorithm(String keyFamily) {
    this.keyFamily = keyFamily;
  }

  static SigningAlgorithm of(String name) {
    for (SigningAlgorithm one : values()) {
      if (one.name().equals(name)) {
        return one;
      }
    }
    throw new IllegalArgumentException("RS384 or ES384");
  }

  /** The name of the key's family, as the JDK's key factories know it. */
  public String keyFamily() {
    return keyFamily;
  }

  public JWSAlgorithm jws() {
    return JWSAlgorithm.parse(name());
  }
}
