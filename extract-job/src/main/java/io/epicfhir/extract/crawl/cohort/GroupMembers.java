package io.epicfhir.extract.crawl.cohort;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.bronze.JsonBytes;
import io.epicfhir.extract.crawl.pages.References;
import io.epicfhir.extract.source.request.Link;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.StreamSupport;

/**
 * The members of a Group and of the groups in it: patients by their ids, or by searches where they
 * are named by identifiers; standard: https://hl7.org/fhir/R4/group.html. A member that is neither
 * is refused: none is left out in silence.
 */
final class GroupMembers {
  private static final int MOST_GROUPS = 1000;
  private static final String PATIENT = "Patient";
  private static final String GROUP = "Group";

  private final References patients;
  private final References groups;
  private final Function<String, byte[]> reading;
  private final List<String> ids = new ArrayList<>();
  private final List<String> queries = new ArrayList<>();
  private final Map<String, Long> others = new TreeMap<>();
  private long unlisted;

  /**
   * @param reading gives a Group by its id, as JSON
   */
  GroupMembers(URI base, Function<String, byte[]> reading) {
    this.patients = References.to(base, PATIENT);
    this.groups = References.to(base, GROUP);
    this.reading = reading;
  }

  /** The patients' ids. */
  List<String> ids() {
    return ids;
  }

  /** How many members more the groups say they have than they list. */
  long unlisted() {
    return unlisted;
  }

  /** Searches for the patients that are known by identifiers. */
  List<String> queries() {
    return queries;
  }

  /**
   * Reads a group and the groups in it, each once.
   *
   * @throws JobException {@link ExitCode#REFUSED} where a member is no patient
   */
  void follow(String group) {
    Deque<String> open = new ArrayDeque<>(List.of(group));
    Set<String> seen = new HashSet<>(open);
    while (!open.isEmpty()) {
      JsonNode read = group(reading.apply(open.pop()));
      Iterable<JsonNode> members = members(read);
      long listed = StreamSupport.stream(members.spliterator(), false).count();
      unlisted += Math.max(0, read.path("quantity").asLong() - listed);
      for (JsonNode member : members) {
        String inner = member.path("inactive").asBoolean() ? "" : take(member.path("entity"));
        if (!inner.isEmpty() && seen.add(inner)) {
          open.add(inner);
        }
      }
      if (seen.size() > MOST_GROUPS) {
        throw refused("it has more than " + MOST_GROUPS + " groups");
      }
    }
    if (!others.isEmpty()) {
      throw refused("it has members that are not patients of this server " + others);
    }
  }

  /** One member in place of a list counts as a list of it. */
  private static Iterable<JsonNode> members(JsonNode group) {
    JsonNode members = group.path("member");
    return members.isObject() ? List.of(members) : members;
  }

  private static JsonNode group(byte[] bytes) {
    JsonNode group;
    try {
      group = JsonBytes.MAPPER.readTree(bytes);
    } catch (IOException e) {
      throw new IllegalStateException("A page that was read before is not JSON", e);
    }
    if (!group.path("resourceType").asText().equals(GROUP)) {
      throw refused("the server returned something other than a Group");
    }
    String type = group.path("type").asText("person");
    if (!type.equals("person")) {
      throw refused(
          "its type is not person" + (type.matches("[a-z]{1,20}") ? " (" + type + ")" : ""));
    }
    return group;
  }

  /** Takes a member in; gives the id of the group that it is, else an empty text. */
  private String take(JsonNode entity) {
    String reference = entity.path("reference").asText().strip();
    String relative = patients.relative(reference);
    if (!patients.id(reference).isEmpty()) {
      ids.add(patients.id(reference));
    } else if (!groups.id(reference).isEmpty()) {
      return groups.id(reference);
    } else if (relative.startsWith(PATIENT + "?")) {
      queries.add(relative.substring(PATIENT.length() + 1).replace("|", "%7C"));
    } else if (!byIdentifier(entity)) {
      others.merge(kind(reference, relative), 1L, Long::sum);
    }
    return "";
  }

  private boolean byIdentifier(JsonNode entity) {
    JsonNode identifier = entity.path("identifier");
    String value = identifier.path("value").asText();
    if (value.isEmpty() || !entity.path("type").asText(PATIENT).equals(PATIENT)) {
      return false;
    }
    String system = identifier.path("system").asText();
    String token = system.isEmpty() ? value : system + "|" + value;
    queries.add("identifier=" + Link.component(token));
    return true;
  }

  /** What a member is, without its id. */
  private static String kind(String reference, String relative) {
    if (reference.isEmpty()) {
      return "without a reference";
    }
    if (reference.startsWith("#") || reference.startsWith("urn:")) {
      return "inside the Group";
    }
    if (relative.contains("://")) {
      return "at another server";
    }
    int slash = relative.indexOf('/');
    String type = slash < 0 ? "" : relative.substring(0, slash);
    return type.matches("[A-Z][A-Za-z]{1,40}") ? type : "unreadable";
  }

  private static JobException refused(String why) {
    return new JobException(
        ExitCode.REFUSED,
        "Cannot find the patients by the group: "
            + why
            + "; ask the server's operator to correct the group, or list the patients' ids in crawl.patients.file");
  }
}
