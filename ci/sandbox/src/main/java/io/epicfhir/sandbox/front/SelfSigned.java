package io.epicfhir.sandbox.front;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Base64;

/** A certificate that nobody trusts, made by the JDK's keytool. */
public final class SelfSigned {
  /** Of the key store and its key. */
  public static final String PASSWORD = "sandbox";

  private static final String NAME = "sandbox";

  private SelfSigned() {}

  /** Makes a key; the certificate, as PEM, goes to the file so that a test may trust it. */
  public static SslContext make(Path certificateFile) throws IOException, InterruptedException {
    try {
      KeyStore keys = keys();
      X509Certificate certificate = (X509Certificate) keys.getCertificate(NAME);
      Files.writeString(certificateFile, pem(certificate.getEncoded()));
      PrivateKey key = (PrivateKey) keys.getKey(NAME, PASSWORD.toCharArray());
      return SslContextBuilder.forServer(key, certificate).sslProvider(SslProvider.JDK).build();
    } catch (GeneralSecurityException e) {
      throw new IOException("Cannot make a certificate", e);
    }
  }

  /** A new key and its certificate, for this machine. */
  public static KeyStore keys() throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("sandbox-tls");
    Path file = folder.resolve("keys.p12");
    try {
      keytool(file);
      KeyStore keys = KeyStore.getInstance("PKCS12");
      try (InputStream in = Files.newInputStream(file)) {
        keys.load(in, PASSWORD.toCharArray());
      }
      return keys;
    } catch (GeneralSecurityException e) {
      throw new IOException("Cannot make a certificate", e);
    } finally {
      Files.deleteIfExists(file);
      Files.delete(folder);
    }
  }

  private static String pem(byte[] der) {
    String base64 =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(der);
    return "-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n";
  }

  private static void keytool(Path file) throws IOException, InterruptedException {
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                NAME,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=sandbox",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (keytool.waitFor() != 0) {
      throw new IOException("Cannot make a key: keytool says: " + said);
    }
  }
}
