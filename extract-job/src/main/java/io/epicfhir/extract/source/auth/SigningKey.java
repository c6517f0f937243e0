package io.epicfhir.extract.source.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.settings.SigningAlgorithm;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.text.ParseException;
import java.util.Base64;

/** The application's private key. It is read from its file for each use: a rotated key is seen. */
final class SigningKey {
  private final SigningAlgorithm algorithm;
  private final String keyId;
  private final JWSSigner signer;

  private SigningKey(SigningAlgorithm algorithm, String keyId, JWSSigner signer) {
    this.algorithm = algorithm;
    this.keyId = keyId;
    this.signer = signer;
  }

  /**
   * Reads the key file: PEM (PKCS#8) or a JWK, whose own key id then wins over the settings'.
   *
   * @throws JobException {@link ExitCode#SETTINGS} where it holds no key for the algorithm
   */
  static SigningKey load(SourceSettings settings) {
    try {
      String text = Files.readString(settings.keyFile()).strip();
      return text.startsWith("{")
          ? fromJwk(JWK.parse(text), settings)
          : new SigningKey(
              settings.algorithm(), settings.keyId(), signer(fromPem(text, settings), settings));
    } catch (IOException
        | ParseException
        | JOSEException
        | GeneralSecurityException
        | IllegalArgumentException e) {
      // Not as cause: parsers quote what they could not read.
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot use the private key: "
              + settings.keyFile()
              + " holds no "
              + settings.algorithm()
              + " key in PEM (PKCS#8) or JWK form ("
              + e.getClass().getSimpleName()
              + "); check source.key-file and source.algorithm");
    }
  }

  /** The signed form of the claims. */
  String sign(JWTClaimsSet claims) {
    JWSHeader header =
        new JWSHeader.Builder(algorithm.jws()).keyID(keyId).type(JOSEObjectType.JWT).build();
    SignedJWT jwt = new SignedJWT(header, claims);
    try {
      jwt.sign(signer);
    } catch (JOSEException e) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot sign with the private key: " + algorithm + "; check source.algorithm",
          e);
    }
    return jwt.serialize();
  }

  private static SigningKey fromJwk(JWK jwk, SourceSettings settings) throws JOSEException {
    SigningAlgorithm algorithm = settings.algorithm();
    if (!jwk.isPrivate()) {
      throw new IllegalArgumentException("a public key");
    }
    JWSSigner signer =
        switch (algorithm) {
          case RS384 -> new RSASSASigner(jwk.toRSAKey());
          case ES384 -> new ECDSASigner(jwk.toECKey());
        };
    requireAlgorithm(signer, algorithm);
    return new SigningKey(
        algorithm, jwk.getKeyID() == null ? settings.keyId() : jwk.getKeyID(), signer);
  }

  private static PrivateKey fromPem(String pem, SourceSettings settings)
      throws GeneralSecurityException {
    if (!pem.contains("-----BEGIN PRIVATE KEY-----")) {
      throw new IllegalArgumentException("no PKCS#8 block");
    }
    String base64 = pem.replaceAll("-----[A-Z ]+-----|\\s", "");
    byte[] der = Base64.getDecoder().decode(base64);
    return KeyFactory.getInstance(settings.algorithm().keyFamily())
        .generatePrivate(new PKCS8EncodedKeySpec(der));
  }

  private static JWSSigner signer(PrivateKey key, SourceSettings settings) throws JOSEException {
    JWSSigner signer = key instanceof ECPrivateKey ec ? new ECDSASigner(ec) : new RSASSASigner(key);
    requireAlgorithm(signer, settings.algorithm());
    return signer;
  }

  private static void requireAlgorithm(JWSSigner signer, SigningAlgorithm algorithm) {
    if (!signer.supportedJWSAlgorithms().contains(algorithm.jws())) {
      throw new IllegalArgumentException("a key of another size or curve");
    }
  }
}
