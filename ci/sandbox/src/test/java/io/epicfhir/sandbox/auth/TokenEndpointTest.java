package io.epicfhir.sandbox.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jwt.JWTClaimsSet;
import io.epicfhir.sandbox.SandboxFixture;
import io.epicfhir.sandbox.TestClient;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Date;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TokenEndpointTest {
  private static final JWK RSA = SandboxFixture.KEYS.rs384();
  private SandboxFixture sandbox;
  private TestClient client;

  @BeforeEach
  void start(@TempDir Path data) throws Exception {
    sandbox = new SandboxFixture(data);
    sandbox.options.grantedScopes(Set.of("system/Patient.read", "system/Observation.read"));
    client = sandbox.start().client;
  }

  @AfterEach
  void stop() throws Exception {
    sandbox.close();
  }

  @Test
  void the_smart_configuration_names_the_token_endpoint_and_both_algorithms() throws Exception {
    HttpResponse<String> answer =
        client.get(sandbox.server.baseUrl() + "/.well-known/smart-configuration", "none");
    JsonNode smart = TestClient.json(answer);
    assertThat(smart.path("token_endpoint").asText()).isEqualTo(client.tokenUrl());
    assertThat(smart.path("token_endpoint_auth_methods_supported").toString())
        .isEqualTo("[\"private_key_jwt\"]");
    assertThat(smart.path("token_endpoint_auth_signing_alg_values_supported").toString())
        .isEqualTo("[\"RS384\",\"ES384\"]");
  }

  @Test
  void both_algorithms_get_a_token_that_opens_the_server() throws Exception {
    for (JWK key : new JWK[] {RSA, SandboxFixture.KEYS.es384()}) {
      String token = client.token(key, "system/Patient.read");
      assertThat(client.get(sandbox.server.baseUrl() + "/Patient/anna", token).statusCode())
          .isEqualTo(200);
    }
    assertThat(sandbox.server.requests().tokensIssued()).isEqualTo(2);
  }

  @Test
  void a_scope_wider_than_granted_is_narrowed_and_the_answer_says_so() throws Exception {
    HttpResponse<String> answer = ask(client.claims().build(), "system/*.read");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(TestClient.json(answer).path("scope").asText().split(" "))
        .containsExactlyInAnyOrder("system/Patient.read", "system/Observation.read");
    assertThat(TestClient.json(answer).path("expires_in").asInt()).isEqualTo(3600);
  }

  @Test
  void a_scope_that_cannot_be_granted_at_all_is_refused() throws Exception {
    HttpResponse<String> answer = ask(client.claims().build(), "system/Claim.read user/*.read");
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(TestClient.json(answer).path("error").asText()).isEqualTo("invalid_scope");
  }

  @Test
  void a_type_outside_the_tokens_scope_is_forbidden() throws Exception {
    String token = client.token(RSA, "system/Patient.read");
    assertThat(client.kickOff(token, "?_type=Observation").statusCode()).isEqualTo(403);
    assertThat(client.get(sandbox.server.baseUrl() + "/Observation/o1", token).statusCode())
        .isEqualTo(403);
  }

  @Test
  void an_assertion_signed_by_another_key_of_the_same_kid_is_refused() throws Exception {
    JWK other = ClientKeys.generate().rs384();
    refused(
        client.askToken(
            TestClient.sign(other, client.claims().build(), h -> h.keyID(RSA.getKeyID())),
            "system/Patient.read"),
        "the signature does not fit the key");
  }

  @Test
  void an_unregistered_key_is_refused_until_it_is_registered() throws Exception {
    ClientKeys next = ClientKeys.generate();
    String assertion = TestClient.sign(next.rs384(), client.claims().build());
    refused(client.askToken(assertion, "system/Patient.read"), "is not in the client's key set");
    sandbox.server.clients().register("sandbox-client", next.publicKeys());
    assertThat(client.askToken(assertion, "system/Patient.read").statusCode()).isEqualTo(200);
  }

  @Test
  void a_jti_is_good_for_one_request() throws Exception {
    String assertion = TestClient.sign(RSA, client.claims().build());
    assertThat(client.askToken(assertion, "system/Patient.read").statusCode()).isEqualTo(200);
    refused(client.askToken(assertion, "system/Patient.read"), "jti was used before");
  }

  @Test
  void a_jti_of_152_characters_is_refused() throws Exception {
    refused(client.claims().jwtID("x".repeat(152)), "jti is longer than 151");
    assertThat(ask(client.claims().jwtID("x".repeat(151)).build(), "system/Patient.read"))
        .extracting(HttpResponse::statusCode)
        .isEqualTo(200);
  }

  @Test
  void claims_that_do_not_fit_are_refused() throws Exception {
    refused(client.claims().audience("https://other/token"), "aud is not the token endpoint");
    refused(client.claims().subject("someone"), "iss and sub differ");
    refused(client.claims().issuer("x").subject("x"), "unknown client x");
    refused(client.claims().jwtID(null), "jti is missing");
    refused(client.claims().expirationTime(null), "exp is missing");
    refused(client.claims().expirationTime(Date.from(client.now())), "exp is past");
    refused(
        client.claims().expirationTime(Date.from(client.now().plusSeconds(301))),
        "exp is more than 5 minutes ahead");
    refused(
        client.claims().issueTime(Date.from(client.now().plusSeconds(60))),
        "nbf or iat is in the future");
    assertThat(sandbox.server.requests().tokensIssued()).isZero();
  }

  @Test
  void a_header_without_typ_jwt_is_refused() throws Exception {
    refused(
        client.askToken(
            TestClient.sign(RSA, client.claims().build(), h -> h.type(new JOSEObjectType("x"))),
            "system/Patient.read"),
        "typ is not JWT");
  }

  @Test
  void something_that_is_no_jwt_is_refused() throws Exception {
    refused(client.askToken("abc", "system/Patient.read"), "client_assertion is no signed JWT");
  }

  @Test
  void other_grants_and_bodies_are_refused() throws Exception {
    HttpResponse<String> grant =
        client.post(client.tokenUrl(), "application/x-www-form-urlencoded", "grant_type=password");
    assertThat(TestClient.json(grant).path("error").asText()).isEqualTo("unsupported_grant_type");
    HttpResponse<String> type =
        client.post(
            client.tokenUrl(),
            "application/x-www-form-urlencoded",
            "grant_type=client_credentials&client_assertion_type=x");
    assertThat(TestClient.json(type).path("error").asText()).isEqualTo("invalid_request");
    HttpResponse<String> json = client.post(client.tokenUrl(), "application/json", "{}");
    assertThat(TestClient.json(json).path("error").asText()).isEqualTo("invalid_request");
  }

  @Test
  void a_token_ends_when_its_lifetime_does() throws Exception {
    String token = client.token(RSA, "system/Patient.read");
    sandbox.clock.advance(Duration.ofMinutes(59));
    String url = sandbox.server.baseUrl() + "/Patient/anna";
    assertThat(client.get(url, token).statusCode()).isEqualTo(200);
    sandbox.clock.advance(Duration.ofMinutes(1));
    HttpResponse<String> late = client.get(url, token);
    assertThat(late.statusCode()).isEqualTo(401);
    assertThat(TestClient.diagnostics(late)).contains("missing, unknown or expired");
  }

  private HttpResponse<String> ask(JWTClaimsSet claims, String scope) throws Exception {
    return client.askToken(TestClient.sign(RSA, claims), scope);
  }

  private void refused(JWTClaimsSet.Builder claims, String why) throws Exception {
    refused(ask(claims.build(), "system/Patient.read"), why);
  }

  private static void refused(HttpResponse<String> answer, String why) throws Exception {
    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(TestClient.json(answer).path("error").asText()).isEqualTo("invalid_client");
    assertThat(TestClient.json(answer).path("error_description").asText()).contains(why);
  }
}
