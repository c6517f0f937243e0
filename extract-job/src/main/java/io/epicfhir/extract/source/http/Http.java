package io.epicfhir.extract.source.http;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.FailureWords;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.answer.Answers;
import io.epicfhir.extract.source.request.AccessToken;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Link;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.apache.http.HttpEntity;
import org.apache.http.HttpHost;
import org.apache.http.HttpRequest;
import org.apache.http.HttpVersion;
import org.apache.http.RequestLine;
import org.apache.http.client.config.RequestConfig;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpEntityEnclosingRequestBase;
import org.apache.http.client.methods.HttpRequestBase;
import org.apache.http.client.methods.HttpRequestWrapper;
import org.apache.http.config.RegistryBuilder;
import org.apache.http.conn.ConnectTimeoutException;
import org.apache.http.conn.socket.ConnectionSocketFactory;
import org.apache.http.conn.socket.LayeredConnectionSocketFactory;
import org.apache.http.conn.socket.PlainConnectionSocketFactory;
import org.apache.http.conn.util.PublicSuffixMatcher;
import org.apache.http.entity.ContentType;
import org.apache.http.entity.StringEntity;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.impl.conn.PoolingHttpClientConnectionManager;
import org.apache.http.message.BasicRequestLine;
import org.apache.http.protocol.HttpContext;

/**
 * The pooled connections to the server. Nothing happens behind the caller's back: no redirect is
 * followed, nothing is sent twice, no body is unpacked, no cookie kept. TLS certificates and host
 * names are always verified, by the JVM's trust store.
 */
public final class Http {
  /** Sign-in has connections of its own. */
  private static final int SPARE = 4;

  /** How many times source.idle-timeout an answer's head may take. */
  private static final int HEAD_IDLE_TIMEOUTS = 4;

  /** How many times source.idle-timeout one read of a body may take. */
  private static final int READ_IDLE_TIMEOUTS = 2;

  private final CloseableHttpClient client;
  private final Duration untilHead;
  private final Duration longestRead;

  public Http(SourceSettings settings) {
    this(settings, new LazyTls());
  }

  /** With another TLS than the JVM's. */
  public Http(SourceSettings settings, LayeredConnectionSocketFactory tls) {
    int connect = (int) settings.connectTimeout().toMillis();
    Duration head =
        settings
            .idleTimeout()
            .multipliedBy(HEAD_IDLE_TIMEOUTS)
            .plus(settings.connectTimeout().multipliedBy(2)); // for a connection, and to connect
    this.longestRead = settings.idleTimeout().multipliedBy(READ_IDLE_TIMEOUTS);
    this.untilHead = head.compareTo(settings.retryBudget()) < 0 ? head : settings.retryBudget();
    this.client =
        HttpClients.custom()
            .useSystemProperties()
            .setConnectionManager(connections(settings, tls))
            .setRequestExecutor(HeadLimits.executor())
            // For cookies, which are not kept; reading the list takes a while.
            .setPublicSuffixMatcher(new PublicSuffixMatcher(List.of(), List.of()))
            .disableRedirectHandling()
            .disableAutomaticRetries()
            .disableCookieManagement()
            .disableAuthCaching()
            .disableContentCompression()
            .addInterceptorLast((HttpRequest request, HttpContext unused) -> asWritten(request))
            .setUserAgent("epic-fhir-pipeline")
            .setDefaultRequestConfig(
                RequestConfig.custom()
                    .setConnectTimeout(connect)
                    .setConnectionRequestTimeout(connect)
                    .setSocketTimeout((int) settings.idleTimeout().toMillis())
                    .build())
            .build();
  }

  private static PoolingHttpClientConnectionManager connections(
      SourceSettings settings, LayeredConnectionSocketFactory tls) {
    PoolingHttpClientConnectionManager connections =
        new PoolingHttpClientConnectionManager(
            RegistryBuilder.<ConnectionSocketFactory>create()
                .register("http", PlainConnectionSocketFactory.getSocketFactory())
                .register("https", tls)
                .build(),
            HeadLimits.connections());
    connections.setDefaultConnectionConfig(HeadLimits.connection());
    connections.setMaxTotal(2 * (settings.maxInFlight() + SPARE));
    connections.setDefaultMaxPerRoute(settings.maxInFlight() + SPARE);
    return connections;
  }

  /** Takes back what the client makes of an address: the request line is the request's own. */
  private static void asWritten(HttpRequest request) {
    if (request instanceof HttpRequestWrapper wrapper
        && (wrapper.getOriginal() instanceof Plain || wrapper.getOriginal() instanceof WithBody)) {
      wrapper.setURI(null);
    }
  }

  private static RequestLine line(Ask ask) {
    return new BasicRequestLine(ask.method(), Link.target(ask.url()), HttpVersion.HTTP_1_1);
  }

  /** A request whose target goes out byte for byte. */
  private static final class Plain extends HttpRequestBase {
    private final RequestLine line;

    Plain(Ask ask) {
      this.line = line(ask);
      setURI(URI.create("/"));
    }

    @Override
    public String getMethod() {
      return line.getMethod();
    }

    @Override
    public RequestLine getRequestLine() {
      return line;
    }
  }

  /** The same with a body. */
  private static final class WithBody extends HttpEntityEnclosingRequestBase {
    private final RequestLine line;

    WithBody(Ask ask, HttpEntity body) {
      this.line = line(ask);
      setURI(URI.create("/"));
      setEntity(body);
    }

    @Override
    public String getMethod() {
      return line.getMethod();
    }

    @Override
    public RequestLine getRequestLine() {
      return line;
    }
  }

  /**
   * Sends a request.
   *
   * @throws IOException where the connection fails; passing
   * @throws JobException {@link ExitCode#REFUSED} where the server's certificate is not trusted;
   *     {@link ExitCode#UNAVAILABLE} where the answer to what must not be repeated is lost
   */
  public CloseableHttpResponse send(Ask ask, Optional<AccessToken> token, Traffic traffic)
      throws IOException {
    HttpEntity body =
        ask.body() == null
            ? null
            : new StringEntity(
                ask.body(), ContentType.create("application/fhir+json", StandardCharsets.UTF_8));
    return send(ask, token, body, traffic);
  }

  /** Sends a request with a body; none where it is null. */
  public CloseableHttpResponse send(
      Ask ask, Optional<AccessToken> token, HttpEntity body, Traffic traffic) throws IOException {
    HttpRequestBase request = body == null ? new Plain(ask) : new WithBody(ask, body);
    ask.headers().forEach(request::setHeader);
    token.ifPresent(t -> request.setHeader("Authorization", "Bearer " + t.secret().reveal()));
    traffic.requested();
    try {
      return execute(ask, request);
    } catch (IOException e) {
      if (untrusted(e)) {
        throw new JobException(
            ExitCode.REFUSED,
            "Cannot "
                + ask.what()
                + ": the certificate of "
                + ask.url().getHost()
                + " is not trusted; add its certificate authority to the JVM's trust store"
                + " (javax.net.ssl.trustStore)",
            e);
      }
      if (ask.repeatable() || neverArrived(e)) {
        throw e;
      }
      throw Answers.lost(ask, FailureWords.of(e), e);
    }
  }

  private CloseableHttpResponse execute(Ask ask, HttpRequestBase request) throws IOException {
    HeadLimits.Deadline deadline = HeadLimits.deadline(request, untilHead);
    try (deadline) {
      CloseableHttpResponse response = client.execute(host(ask.url()), request);
      WatchedBody.watch(response, request, longestRead);
      return response;
    } catch (IOException e) {
      throw deadline.failure(e);
    }
  }

  private static HttpHost host(URI url) {
    return new HttpHost(url.getHost(), url.getPort(), url.getScheme());
  }

  /** A handshake that only broke off, as when a server restarts, says nothing about trust. */
  private static boolean untrusted(IOException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException || cause instanceof SSLPeerUnverifiedException) {
        return true;
      }
    }
    return false;
  }

  private static boolean neverArrived(IOException e) {
    return e instanceof ConnectException
        || e instanceof SSLHandshakeException
        || e instanceof ConnectTimeoutException
        || e instanceof UnknownHostException
        || e instanceof NoRouteToHostException;
  }
}
