package io.epicfhir.sandbox.epic;

import static org.assertj.core.api.Assertions.assertThat;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.StrictErrorHandler;
import io.epicfhir.sandbox.EpicFixture;
import io.epicfhir.sandbox.SandboxFixture;
import io.epicfhir.sandbox.SandboxOptions;
import io.epicfhir.sandbox.SandboxServer;
import io.epicfhir.sandbox.SyntheaPatients;
import io.epicfhir.sandbox.TestClient;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** HAPI FHIR's parser, told to refuse what is not FHIR R4, reads whatever the profile serves. */
@Tag("long")
final class EpicParsingTest {
  /** So many of each are read: the shape is the same for all of a type. */
  private static final int A_TYPE = 60;

  @Test
  void what_is_served_of_a_synthea_patient_is_r4(@TempDir Path folder) throws Exception {
    Path data = folder.resolve("data");
    SyntheaPatients.generate(1, data, 7);
    // Synthea writes notes only where it finds its templates, which depends on the class loader.
    Files.writeString(
        data.resolve("DocumentReference.ndjson"),
        String.join("\n", EpicFixture.documents(20)) + "\n",
        StandardOpenOption.APPEND);
    SandboxOptions options =
        SandboxOptions.of(data)
            .client("sandbox-client", SandboxFixture.KEYS.publicKeys())
            .epic()
            .without(Behaviour.RESTRICTED_NOTES);
    try (SandboxServer server = SandboxServer.start(options)) {
      TestClient client = new TestClient(server, java.time.Clock.systemUTC());
      String token = client.token(SandboxFixture.KEYS.rs384(), "system/*.read");
      String oracle = client.open(server.origin() + "/sandbox/resources").body();
      IParser parser = FhirContext.forR4().newJsonParser();
      parser.setParserErrorHandler(new StrictErrorHandler());
      Map<String, Integer> read = new TreeMap<>();
      List<String> wrong = new ArrayList<>();
      for (String line : oracle.split("\n", -1)) {
        String key = line.split("\t", -1)[0];
        if (!key.isEmpty()
            && read.merge(key.substring(0, key.indexOf('/')), 1, Integer::sum) <= A_TYPE) {
          String url = server.baseUrl() + "/" + key;
          HttpResponse<String> answer = client.get(url, token, "Accept", "application/fhir+json");
          wrong.addAll(problems(parser, key, answer.body()));
        }
      }
      assertThat(wrong).isEmpty();
      assertThat(read)
          .containsKeys("Binary", "Medication", "Specimen", "PractitionerRole", "Patient");
    }
  }

  private static List<String> problems(IParser parser, String key, String body) {
    try {
      IBaseResource resource = parser.parseResource(body);
      String read = resource.fhirType() + "/" + resource.getIdElement().getIdPart();
      return read.equals(key) ? List.of() : List.of(key + " is read as " + read);
    } catch (RuntimeException e) {
      return List.of(key + ": " + e.getMessage());
    }
  }
}
