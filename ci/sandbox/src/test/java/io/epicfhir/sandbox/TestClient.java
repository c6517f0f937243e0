package io.epicfhir.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.epicfhir.sandbox.http.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/** The least of a SMART Backend Services client, with every part open to be got wrong. */
public final class TestClient {
  private final HttpClient http = HttpClient.newHttpClient();
  private final SandboxServer server;
  private final Clock clock;

  public TestClient(SandboxServer server, Clock clock) {
    this.server = server;
    this.clock = clock;
  }

  public String tokenUrl() {
    return server.origin() + "/oauth2/token";
  }

  public JWTClaimsSet.Builder claims() {
    return new JWTClaimsSet.Builder()
        .issuer("sandbox-client")
        .subject("sandbox-client")
        .audience(tokenUrl())
        .expirationTime(Date.from(clock.instant().plusSeconds(240)))
        .jwtID(UUID.randomUUID().toString());
  }

  public Instant now() {
    return clock.instant();
  }

  public static String sign(JWK key, JWTClaimsSet claims) {
    return sign(key, claims, UnaryOperator.identity());
  }

  public static String sign(JWK key, JWTClaimsSet claims, UnaryOperator<JWSHeader.Builder> header) {
    try {
      boolean ec = key instanceof ECKey;
      JWSHeader.Builder builder =
          new JWSHeader.Builder(ec ? JWSAlgorithm.ES384 : JWSAlgorithm.RS384)
              .keyID(key.getKeyID())
              .type(JOSEObjectType.JWT);
      SignedJWT jwt = new SignedJWT(header.apply(builder).build(), claims);
      jwt.sign(ec ? new ECDSASigner(key.toECKey()) : new RSASSASigner(key.toRSAKey()));
      return jwt.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  public HttpResponse<String> askToken(String assertion, String scope) throws Exception {
    String form =
        "grant_type=client_credentials&client_assertion_type="
            + encode("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            + "&scope="
            + encode(scope)
            + "&client_assertion="
            + assertion;
    return post(tokenUrl(), "application/x-www-form-urlencoded", form);
  }

  public String token(JWK key, String scope) throws Exception {
    HttpResponse<String> answer = askToken(sign(key, claims().build()), scope);
    return json(answer).path("access_token").asText();
  }

  public HttpResponse<String> post(String url, String contentType, String body) throws Exception {
    return send(
        HttpRequest.newBuilder(URI.create(url))
            .header("Content-Type", contentType)
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  public HttpResponse<String> get(String url, String token, String... headers) throws Exception {
    return send(request(url, token, headers));
  }

  public HttpResponse<byte[]> bytes(String url, String token, String... headers) throws Exception {
    return http.send(request(url, token, headers).build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  /** Without a token. */
  public HttpResponse<String> open(String url) throws Exception {
    return send(HttpRequest.newBuilder(URI.create(url)));
  }

  public InputStream stream(String url, String token) throws Exception {
    return http.send(request(url, token).build(), HttpResponse.BodyHandlers.ofInputStream()).body();
  }

  /** The statuses of as many requests at one time. */
  public List<Integer> all(int times, String url, String token) {
    List<CompletableFuture<Integer>> answers = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      answers.add(
          http.sendAsync(request(url, token).build(), HttpResponse.BodyHandlers.discarding())
              .thenApply(HttpResponse::statusCode));
    }
    return answers.stream().map(CompletableFuture::join).toList();
  }

  public HttpResponse<String> delete(String url, String token) throws Exception {
    return send(request(url, token).DELETE());
  }

  public HttpResponse<String> kickOff(String token, String query) throws Exception {
    return kickOff(token, "sandbox-group", query, "Cache-Control", "max-age=0");
  }

  public HttpResponse<String> kickOff(
      String token, String group, String query, String header, String value) throws Exception {
    return get(
        server.baseUrl() + "/Group/" + group + "/$export" + query,
        token,
        "Accept",
        "application/fhir+json",
        "Prefer",
        "respond-async",
        header,
        value);
  }

  public HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  public static HttpRequest.Builder request(String url, String token, String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
    request.header("Authorization", "Bearer " + token);
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return request;
  }

  public static JsonNode json(HttpResponse<String> answer) throws IOException {
    return Json.parse(answer.body());
  }

  public static String diagnostics(HttpResponse<String> answer) throws IOException {
    return json(answer).path("issue").path(0).path("diagnostics").asText();
  }

  public static String header(HttpResponse<?> answer, String name) {
    return answer.headers().firstValue(name).orElse("");
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
