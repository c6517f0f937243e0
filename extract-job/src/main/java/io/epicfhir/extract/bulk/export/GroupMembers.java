package io.epicfhir.extract.bulk.export;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.JobException;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.extract.bulk.ledger.GroupPatients;
import io.epicfhir.extract.source.answer.PassingFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Who is in a group by the server's word, where the client may read that. */
final class GroupMembers {
  private static final Pattern PATIENT = Pattern.compile("(?:^|/)Patient/([^/?#|\\s]+)");

  private final BulkExport bulk;
  private final OptOuts optOuts;

  /**
   * @param optOuts whose records stay out: they are no members
   */
  GroupMembers(BulkExport bulk, OptOuts optOuts) {
    this.optOuts = optOuts;
    this.bulk = bulk;
  }

  /**
   * Digests of the members' ids; empty if the server does not list them, or not all: no export
   * needs the right to read the group.
   */
  Optional<List<String>> read(String group) {
    try {
      JsonNode root = new JsonMapper().readTree(bulk.group(group).text());
      JsonNode listed = root.path("member");
      Iterable<JsonNode> members = listed.isObject() ? List.of(listed) : listed;
      if (root.path("quantity").asLong() > (listed.isObject() ? 1 : listed.size())) {
        return Optional.empty(); // who is not listed may be a member all the same
      }
      List<String> patients = new ArrayList<>();
      for (JsonNode member : members) {
        if (member.path("inactive").asBoolean()) {
          continue;
        }
        Matcher patient = PATIENT.matcher(member.path("entity").path("reference").asText(""));
        if (!patient.find()) {
          return Optional.empty(); // a group in the group, or a member by identifier only
        }
        patients.add(patient.group(1));
      }
      if (patients.isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(
          patients.stream()
              .filter(patient -> !optOuts.has("Patient", patient))
              .map(GroupPatients::digest)
              .toList());
    } catch (IOException | PassingFailure | JobException e) {
      return Optional.empty(); // the exports' own patients are looked at all the same
    }
  }
}
