package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.api.EncodingEnum;
import ca.uhn.fhir.rest.client.api.IGenericClient;
import ca.uhn.fhir.rest.client.api.ServerValidationModeEnum;
import ca.uhn.fhir.rest.client.interceptor.BearerTokenAuthInterceptor;
import ca.uhn.fhir.rest.server.exceptions.InvalidRequestException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CapabilityStatement;
import org.hl7.fhir.r4.model.Enumerations.FHIRVersion;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Patient;
import org.junit.jupiter.api.Test;

/**
 * HAPI's client at the sandbox: what our client and our server could misread in the same way, a
 * client by other hands does not.
 */
class HapiClientTest extends SiteTest {
  private static final FhirContext FHIR = FhirContext.forR4Cached();

  private IGenericClient hapi() throws Exception {
    FHIR.getRestfulClientFactory().setServerValidationMode(ServerValidationModeEnum.NEVER);
    IGenericClient hapi = FHIR.newRestfulGenericClient(site.server.baseUrl().toString());
    hapi.setEncoding(EncodingEnum.JSON);
    hapi.registerInterceptor(new BearerTokenAuthInterceptor(token()));
    return hapi;
  }

  private String token() throws Exception {
    String url = site.server.origin() + "/oauth2/token";
    JWTClaimsSet claims =
        new JWTClaimsSet.Builder()
            .issuer("sandbox-client")
            .subject("sandbox-client")
            .audience(url)
            .expirationTime(Date.from(Instant.now().plusSeconds(240)))
            .jwtID(UUID.randomUUID().toString())
            .build();
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.RS384)
                .keyID(Site.KEYS.rs384().getKeyID())
                .type(JOSEObjectType.JWT)
                .build(),
            claims);
    jwt.sign(new RSASSASigner(Site.KEYS.rs384().toRSAKey()));
    String form =
        "grant_type=client_credentials&scope=system/*.read&client_assertion_type="
            + URLEncoder.encode(
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", StandardCharsets.UTF_8)
            + "&client_assertion="
            + jwt.serialize();
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(url))
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(HttpRequest.BodyPublishers.ofString(form))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    return new JsonMapper().readTree(answer.body()).path("access_token").asText();
  }

  private static Map<String, byte[]> patients(int count) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      lines.append("{\"resourceType\":\"Patient\",\"id\":\"p" + i + "\"}\n");
    }
    return Map.of("Patient.ndjson", lines.toString().getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void it_reads_the_capabilities_and_follows_a_search_to_its_end() throws Exception {
    open(patients(7), o -> o.searches(s -> s.patients().pageSize(3)));
    IGenericClient hapi = hapi();

    CapabilityStatement statement = hapi.capabilities().ofType(CapabilityStatement.class).execute();
    List<String> ids = new ArrayList<>();
    Bundle page = hapi.search().forResource(Patient.class).returnBundle(Bundle.class).execute();
    while (page != null) {
      page.getEntry().forEach(e -> ids.add(e.getResource().getIdElement().getIdPart()));
      page = page.getLink(Bundle.LINK_NEXT) == null ? null : hapi.loadPage().next(page).execute();
    }

    assertThat(statement.getFhirVersion()).isEqualTo(FHIRVersion._4_0_1);
    assertThat(ids).containsExactlyInAnyOrder("p0", "p1", "p2", "p3", "p4", "p5", "p6");
  }

  @Test
  void it_reads_the_outcome_of_a_refused_search() throws Exception {
    open(patients(1), o -> o);
    IGenericClient hapi = hapi();

    InvalidRequestException refused =
        catchThrowableOfType(
            InvalidRequestException.class,
            () ->
                hapi.search()
                    .byUrl("Observation?patient=p0") // Epic wants a category or code
                    .returnBundle(Bundle.class)
                    .execute());

    OperationOutcome outcome = (OperationOutcome) refused.getOperationOutcome();
    assertThat(outcome.getIssueFirstRep().getDetails().getCodingFirstRep().getCode())
        .isEqualTo("59108");
  }
}
