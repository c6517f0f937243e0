package io.epicfhir.extract.source;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import io.epicfhir.extract.source.http.Http;
import io.epicfhir.extract.source.pace.Pace;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SigningAlgorithm;
import io.epicfhir.extract.source.settings.SourceSettings;
import io.epicfhir.extract.source.settings.SourceSettings.SignIn;
import io.epicfhir.extract.source.settings.SourceSettings.TokenEndpoint;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.http.conn.socket.LayeredConnectionSocketFactory;

/** A client of a server in a test: it pauses for no time, and keeps what it would have waited. */
public final class ClientOf {
  final List<Duration> pauses = new ArrayList<>();
  private Runnable atPause = () -> {};
  public final Traffic traffic = new Traffic();
  private final URI base;
  private SignIn signIn = SignIn.NONE;
  private Path key = Path.of("none");
  private List<String> scopes = List.of("system/*.read");
  private TokenEndpoint tokenEndpoint = TokenEndpoint.AS_THE_SERVER_SAYS;
  private List<URI> allowed = List.of();
  private Duration timeout = Duration.ofSeconds(5);
  private Duration budget = Duration.ofMinutes(15);
  private int tries = 6;

  public ClientOf(String base) {
    this.base = URI.create(base);
  }

  /** Signs in, by a new key in the folder. */
  public ClientOf signsIn(Path folder) throws IOException {
    signIn = SignIn.SMART_BACKEND_SERVICES;
    key = folder.resolve("key.jwk");
    try {
      Files.writeString(key, new ECKeyGenerator(Curve.P_384).keyID("k").generate().toJSONString());
    } catch (com.nimbusds.jose.JOSEException e) {
      throw new IllegalStateException(e);
    }
    return this;
  }

  public ClientOf scopes(String... asked) {
    scopes = List.of(asked);
    return this;
  }

  public ClientOf tokenEndpoint(TokenEndpoint endpoint) {
    tokenEndpoint = endpoint;
    return this;
  }

  ClientOf allowing(String origin) {
    allowed = List.of(URI.create(origin));
    return this;
  }

  /** Has short timeouts, a short budget, and two tries. */
  public ClientOf impatient() {
    timeout = Duration.ofMillis(250);
    budget = Duration.ofSeconds(2);
    tries = 2;
    return this;
  }

  /** Has these timeouts, and tries so many times. */
  ClientOf impatient(Duration timeouts, int times) {
    timeout = timeouts;
    tries = times;
    return this;
  }

  public SourceSettings settings() {
    return new SourceSettings(
        base,
        signIn,
        "client",
        key,
        "k",
        SigningAlgorithm.ES384,
        scopes,
        tokenEndpoint,
        timeout,
        timeout,
        tries,
        Duration.ofMillis(1),
        budget,
        4,
        allowed,
        Duration.ofMinutes(5),
        250,
        1 << 20);
  }

  /** What it would have waited, in order. */
  public List<Duration> pauses() {
    return pauses;
  }

  /** What happens at the server while the client waits. */
  public ClientOf whenItPauses(Runnable then) {
    atPause = then;
    return this;
  }

  public SourceClient client() {
    return new SourceClient(settings(), new Pace(Clock.systemUTC(), this::pause));
  }

  SourceClient client(LayeredConnectionSocketFactory tls) {
    Pace pace = new Pace(Clock.systemUTC(), this::pause);
    return new SourceClient(settings(), pace, 1, new Http(settings(), tls));
  }

  private void pause(Duration wait) {
    pauses.add(wait);
    atPause.run();
  }
}
