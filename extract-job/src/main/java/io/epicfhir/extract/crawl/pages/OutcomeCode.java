package io.epicfhir.extract.crawl.pages;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.extract.bronze.JsonBytes;
import io.epicfhir.extract.source.answer.OutcomeWords;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What one issue of an OperationOutcome says, in the server's own code or else FHIR's; its texts
 * may name patients and are not looked at.
 */
public record OutcomeCode(boolean severe, String code) {
  /** Epic's code of a search whose session is over. */
  public static final String EXPIRED = "4113";

  /** Epic's code of a search that found nothing, which is no news. */
  public static final String NOTHING_FOUND = "4101";

  private static final Set<String> HARMLESS = Set.of("warning", "information", "success");

  /** The codes of each issue; one that cannot be read is an error. */
  static List<OutcomeCode> of(byte[] bytes, int offset, int length) throws IOException {
    List<OutcomeCode> codes = new ArrayList<>();
    for (JsonNode issue : JsonBytes.MAPPER.readTree(bytes, offset, length).path("issue")) {
      boolean severe = !HARMLESS.contains(issue.path("severity").asText());
      int before = codes.size();
      for (JsonNode coding : issue.path("details").path("coding")) {
        add(codes, severe, coding.path("code").asText());
      }
      if (codes.size() == before) {
        add(codes, severe, issue.path("code").asText());
      }
      if (codes.size() == before) {
        codes.add(new OutcomeCode(severe, "no-code"));
      }
    }
    return codes.isEmpty() ? List.of(new OutcomeCode(true, "no-code")) : codes;
  }

  /** Anything but a code could be a text about a patient. */
  private static void add(List<OutcomeCode> codes, boolean severe, String code) {
    OutcomeWords.code(code).ifPresent(told -> codes.add(new OutcomeCode(severe, told)));
  }
}
