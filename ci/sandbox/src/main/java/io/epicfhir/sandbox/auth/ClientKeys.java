package io.epicfhir.sandbox.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.text.ParseException;
import java.util.Base64;
import java.util.List;

/**
 * A client's key pairs, one for each algorithm that SMART demands. In a folder they are {@code
 * rs384.pem}, {@code rs384.jwk}, {@code es384.pem}, {@code es384.jwk} (private, readable by the
 * owner only; PKCS#8 and JWK) and {@code jwks.json} (public).
 */
public record ClientKeys(JWK rs384, JWK es384) {

  /** New keys; the key ids are their thumbprints. */
  public static ClientKeys generate() {
    try {
      return new ClientKeys(
          new RSAKeyGenerator(2048)
              .keyUse(KeyUse.SIGNATURE)
              .algorithm(JWSAlgorithm.RS384)
              .keyIDFromThumbprint(true)
              .generate(),
          new ECKeyGenerator(Curve.P_384)
              .keyUse(KeyUse.SIGNATURE)
              .algorithm(JWSAlgorithm.ES384)
              .keyIDFromThumbprint(true)
              .generate());
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The keys of a folder; makes and writes them where it has none. */
  public static ClientKeys in(Path folder) throws IOException {
    Files.createDirectories(folder);
    if (!Files.exists(folder.resolve("jwks.json"))) {
      generate().writeTo(folder);
    }
    try {
      return new ClientKeys(
          JWK.parse(Files.readString(folder.resolve("rs384.jwk"))),
          JWK.parse(Files.readString(folder.resolve("es384.jwk"))));
    } catch (ParseException e) {
      throw new IOException("Cannot read the keys in " + folder + "; delete the folder", e);
    }
  }

  /** What the server may know. */
  public JWKSet publicKeys() {
    return new JWKSet(List.of(rs384, es384)).toPublicJWKSet();
  }

  /** Writes all files, the public ones last. */
  public void writeTo(Path folder) throws IOException {
    writePair(folder, "rs384", rs384);
    writePair(folder, "es384", es384);
    Files.writeString(folder.resolve("jwks.json"), publicKeys().toString());
  }

  /** The private key as PKCS#8 PEM. */
  public static String pem(JWK key) {
    try {
      byte[] encoded = ((AsymmetricJWK) key).toPrivateKey().getEncoded();
      Base64.Encoder lines = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));
      return "-----BEGIN PRIVATE KEY-----\n"
          + lines.encodeToString(encoded)
          + "\n-----END PRIVATE KEY-----\n";
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void writePair(Path folder, String name, JWK key) throws IOException {
    writePrivate(folder.resolve(name + ".pem"), pem(key));
    writePrivate(folder.resolve(name + ".jwk"), key.toJSONString());
  }

  private static void writePrivate(Path file, String content) throws IOException {
    Path part =
        Files.createTempFile(
            file.getParent(),
            "key",
            ".part",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(part, content);
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
