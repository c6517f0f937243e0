package io.epicfhir.extract.source;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.apache.http.client.config.RequestConfig;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.RequestBuilder;
import org.apache.http.conn.ConnectTimeoutException;
import org.apache.http.entity.ContentType;
import org.apache.http.entity.StringEntity;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClientBuilder;
import org.apache.http.impl.client.HttpClients;

/**
 * The pooled connections to the server. Nothing happens behind the caller's back: no redirect is
 * followed, nothing is sent twice, no body is unpacked, no cookie kept. TLS certificates and host
 * names are always verified, by the JVM's trust store.
 */
final class Http {
  /** Sign-in and HAPI have connections of their own. */
  private static final int SPARE = 4;

  private final CloseableHttpClient client;
  private final CloseableHttpClient unpackingClient;

  Http(SourceSettings settings) {
    this.client = builder(settings).disableContentCompression().build();
    this.unpackingClient = builder(settings).build();
  }

  private static HttpClientBuilder builder(SourceSettings settings) {
    int connect = (int) settings.connectTimeout().toMillis();
    return HttpClients.custom()
        .useSystemProperties()
        .setMaxConnTotal(2 * (settings.maxInFlight() + SPARE))
        .setMaxConnPerRoute(settings.maxInFlight() + SPARE)
        .disableRedirectHandling()
        .disableAutomaticRetries()
        .disableCookieManagement()
        .disableAuthCaching()
        .setUserAgent("epic-fhir-pipeline")
        .setDefaultRequestConfig(
            RequestConfig.custom()
                .setConnectTimeout(connect)
                .setConnectionRequestTimeout(connect)
                .setSocketTimeout((int) settings.idleTimeout().toMillis())
                .build());
  }

  /** A client that unpacks bodies, for HAPI: it asks for gzip and leaves the rest to the client. */
  CloseableHttpClient unpackingClient() {
    return unpackingClient;
  }

  /**
   * Sends a request.
   *
   * @throws IOException where the connection fails; passing
   * @throws JobException {@link ExitCode#REFUSED} where the server's certificate is not trusted;
   *     {@link ExitCode#UNAVAILABLE} where the answer to what must not be repeated is lost
   */
  CloseableHttpResponse send(Ask ask, Optional<AccessToken> token, Traffic traffic)
      throws IOException {
    RequestBuilder request = RequestBuilder.create(ask.method()).setUri(ask.url());
    ask.headers().forEach(request::setHeader);
    if (ask.body() != null) {
      request.setEntity(
          new StringEntity(
              ask.body(), ContentType.create("application/fhir+json", StandardCharsets.UTF_8)));
    }
    token.ifPresent(t -> request.setHeader("Authorization", "Bearer " + t.secret().reveal()));
    return send(ask, request, traffic);
  }

  /** Sends a request with a body, which the builder holds. */
  CloseableHttpResponse send(Ask ask, RequestBuilder request, Traffic traffic) throws IOException {
    traffic.requested();
    try {
      return client.execute(request.build());
    } catch (SSLHandshakeException | SSLPeerUnverifiedException e) {
      throw new JobException(
          ExitCode.REFUSED,
          "Cannot "
              + ask.what()
              + ": the certificate of "
              + ask.url().getHost()
              + " is not trusted; add its authority to the JVM's trust store"
              + " (javax.net.ssl.trustStore)",
          e);
    } catch (IOException e) {
      if (ask.repeatable() || neverArrived(e)) {
        throw e;
      }
      throw Answers.lost(ask, e.getClass().getSimpleName(), e);
    }
  }

  private static boolean neverArrived(IOException e) {
    return e instanceof ConnectException
        || e instanceof ConnectTimeoutException
        || e instanceof UnknownHostException
        || e instanceof NoRouteToHostException;
  }
}
