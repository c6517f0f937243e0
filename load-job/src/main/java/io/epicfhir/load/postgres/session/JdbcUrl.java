package io.epicfhir.load.postgres.session;

import io.epicfhir.common.settings.SettingsReader;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.stream.Stream;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.postgresql.jdbc.SslMode;
import org.postgresql.util.PSQLException;

/** Checks load.jdbc-url as the driver reads it: no password in it, and TLS to another machine. */
public final class JdbcUrl {
  private JdbcUrl() {}

  /** The URL; what is wrong stays with the reader until its check. */
  public static String read(SettingsReader reader) {
    String url = reader.text("jdbc-url");
    if (url.isBlank()) {
      return url;
    }
    Properties parts = url.startsWith("jdbc:postgresql:") ? Driver.parseURL(url, null) : null;
    if (parts == null) {
      reader.problem("jdbc-url", "***", "a URL that begins with jdbc:postgresql:");
      return url;
    }
    // The driver does not decode a parameter's name, and a secret must not stand under any.
    if (decoded(url).matches("(?i).*[?&](ssl)?password=.*")
        || Stream.of(PGProperty.PASSWORD, PGProperty.SSL_PASSWORD)
            .anyMatch(secret -> parts.getProperty(secret.getName()) != null)) {
      reader.problem("jdbc-url", "***", "a URL without a password; name a load.password-file");
    }
    boolean required = !reader.has("require-tls") || reader.flag("require-tls");
    if (required && !encrypted(parts) && !onlyThisMachine(parts)) {
      reader.problem(
          "jdbc-url",
          "***",
          "sslmode=verify-full (or verify-ca, require) for a database on another machine; without"
              + " it rows and password travel unencrypted. load.require-tls = false turns this check"
              + " off");
    }
    return url;
  }

  private static String decoded(String url) {
    try {
      return URLDecoder.decode(url, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return url; // a percent sign that encodes nothing
    }
  }

  /** Whether the driver gives up where the server has no TLS. */
  private static boolean encrypted(Properties parts) {
    try {
      return SslMode.of(parts).requireEncryption();
    } catch (PSQLException e) {
      return false; // a mode that there is not
    }
  }

  private static boolean onlyThisMachine(Properties parts) {
    String hosts = parts.getProperty(PGProperty.PG_HOST.getName(), "localhost");
    return Stream.of(hosts.split(","))
        .allMatch(host -> host.matches("localhost|127(\\.\\d{1,3}){3}|\\[?::1\\]?"));
  }
}
