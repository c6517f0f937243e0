package io.epicfhir.extract.source.settings;

import io.epicfhir.common.DurationText;
import io.epicfhir.common.localfs.FileReaders;
import io.epicfhir.common.settings.SettingsReader;
import io.epicfhir.extract.source.request.Link;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Where the FHIR server is and how it is spoken to; block {@code source} of the settings.
 *
 * @param baseUrl the FHIR base, without a trailing slash
 * @param signIn how the client shows who it is
 * @param clientId the registered application
 * @param keyFile the private key, readable by its owner only
 * @param keyId the key's id in the registered JWKS
 * @param algorithm how assertions are signed
 * @param scopes what the token must allow
 * @param tokenEndpoint where tokens are had, where the server does not say so
 * @param connectTimeout how long to wait for a connection
 * @param idleTimeout how long to wait for the next byte
 * @param maxTries tries of one request, the first included
 * @param firstPause the pause after the first failed try; each next one is twice as long
 * @param retryBudget how long one request may be tried
 * @param maxInFlight requests in flight at one time
 * @param allowedOrigins where, besides the base's origin, files, next links and redirects may lead
 * @param clockTolerance by how much the server's clock may differ from this machine's
 * @param maxGzipRatio times its size to which a body may unpack
 * @param maxFileSize bytes of the longest body, unpacked
 */
public record SourceSettings(
    URI baseUrl,
    SignIn signIn,
    String clientId,
    Path keyFile,
    String keyId,
    SigningAlgorithm algorithm,
    List<String> scopes,
    TokenEndpoint tokenEndpoint,
    Duration connectTimeout,
    Duration idleTimeout,
    int maxTries,
    Duration firstPause,
    Duration retryBudget,
    int maxInFlight,
    List<URI> allowedOrigins,
    Duration clockTolerance,
    int maxGzipRatio,
    long maxFileSize) {
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  /** How the client shows who it is. */
  public enum SignIn {
    /** By a signed assertion; standard: SMART Backend Services. */
    SMART_BACKEND_SERVICES,
    /** Not at all: for a server in a network of its own that asks for no token. */
    NONE
  }

  /**
   * Where tokens are had.
   *
   * @param url empty: as the server's smart-configuration says
   * @param audience whom the assertion is made for; empty: the token endpoint's address
   */
  public record TokenEndpoint(Optional<URI> url, Optional<String> audience) {
    /** All as the server says. */
    public static final TokenEndpoint AS_THE_SERVER_SAYS =
        new TokenEndpoint(Optional.empty(), Optional.empty());

    private static TokenEndpoint read(SettingsReader reader) {
      Optional<String> url = reader.optionalText("token-url");
      return new TokenEndpoint(
          url.isEmpty() ? Optional.empty() : reader.parsed("token-url", TokenEndpoint::url),
          reader.optionalText("audience"));
    }

    private static URI url(String text) {
      String expected = "an absolute https URL (plain http only to this machine)";
      URI url;
      try {
        url = Link.absolute(text);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(expected, e);
      }
      if (!safe(url)) {
        throw new IllegalArgumentException(expected);
      }
      return url;
    }
  }

  public SourceSettings {
    scopes = List.copyOf(scopes);
    allowedOrigins = List.copyOf(allowedOrigins);
  }

  /** Reads the block; what is wrong stays with the reader until its check. */
  public static SourceSettings read(SettingsReader reader) {
    SignIn signIn = reader.choice("sign-in", SignIn.class);
    return new SourceSettings(
        reader.parsed("base-url", SourceSettings::base).orElse(URI.create("http://localhost")),
        signIn,
        reader.text("client-id"),
        signIn == SignIn.NONE ? reader.path("key-file") : keyFile(reader),
        reader.text("key-id"),
        reader.parsed("algorithm", SigningAlgorithm::of).orElse(SigningAlgorithm.RS384),
        scopes(reader),
        TokenEndpoint.read(reader),
        timeout(reader, "connect-timeout"),
        timeout(reader, "idle-timeout"),
        reader.number("max-tries", 1, 100),
        reader.duration("first-pause"),
        reader.duration("retry-budget"),
        reader.number("max-in-flight", 1, 1000),
        origins(reader),
        reader.duration("clock-tolerance"),
        reader.number("max-gzip-ratio", 2, 1032),
        reader.bytes("max-file-size"));
  }

  private static List<URI> origins(SettingsReader reader) {
    List<URI> origins = new ArrayList<>();
    for (String text : reader.texts("allowed-origins")) {
      try {
        origins.add(base(text));
      } catch (IllegalArgumentException e) {
        reader.problem("allowed-origins", text, e.getMessage());
      }
    }
    return origins;
  }

  private static URI base(String text) {
    URI uri;
    try {
      uri = URI.create(text.replaceAll("/+$", ""));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("an absolute https URL", e);
    }
    if (!safe(uri) || uri.getHost() == null || uri.getQuery() != null) {
      throw new IllegalArgumentException(
          "an absolute https URL without a query (plain http only to this machine)");
    }
    return uri;
  }

  /** By https, or within this machine. */
  public static boolean safe(URI uri) {
    boolean loopback = uri.getHost() != null && LOOPBACK.contains(uri.getHost());
    return "https".equalsIgnoreCase(uri.getScheme())
        || ("http".equalsIgnoreCase(uri.getScheme()) && loopback);
  }

  private static List<String> scopes(SettingsReader reader) {
    List<String> scopes = reader.texts("scopes");
    for (String scope : scopes) {
      if (!Scopes.isSystemScope(scope)) {
        reader.problem("scopes", scope, "scopes such as system/*.read or system/Patient.rs");
      }
    }
    return scopes;
  }

  private static Duration timeout(SettingsReader reader, String key) {
    Duration value = reader.duration(key);
    if (value.toMillis() > Integer.MAX_VALUE) {
      reader.problem(key, DurationText.of(value), "a few seconds or minutes");
    }
    return value;
  }

  private static Path keyFile(SettingsReader reader) {
    Path file = reader.path("key-file");
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      reader.problem("key-file", file.toString(), "a readable file that holds the private key");
    } else if (FileReaders.sharedWithOthers(file)) {
      reader.problem(
          "key-file", file.toString(), "a file that only its owner can read (chmod 600)");
    }
    return file;
  }
}
