package io.epicfhir.transform;

import io.epicfhir.common.lake.Landing;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A random history of exports of three sources: what a property test lands, in any order. Histories
 * of one {@link Shape} can share a lake: they land at the same steps exports of the same times, so
 * that none of them has another's exports read for it.
 */
final class History {
  /** Two for each history of a lake. */
  private static final List<String> ALL_TYPES =
      List.of(
          "Patient",
          "Condition",
          "Encounter",
          "Observation",
          "Immunization",
          "Procedure",
          "CarePlan",
          "CareTeam",
          "Goal",
          "Device",
          "Location",
          "Organization",
          "Practitioner",
          "PractitionerRole",
          "Medication",
          "MedicationRequest",
          "Specimen",
          "Coverage",
          "DiagnosticReport",
          "DocumentReference",
          "Appointment",
          "Schedule",
          "Slot",
          "Account",
          "Claim",
          "Consent",
          "Flag",
          "Group",
          "HealthcareService",
          "List",
          "Media",
          "NutritionOrder",
          "Person",
          "Provenance",
          "Questionnaire",
          "QuestionnaireResponse",
          "RelatedPerson",
          "RiskAssessment",
          "ServiceRequest",
          "Substance");

  private static final List<String> IDS = List.of("a", "b", "c", "d", "e", "f", "g", "h");
  private static final List<String> VERSIONS =
      List.of("8", "9", "10", "11", "010", "100000000000000000000", "W/x");
  private static final Instant BEGIN = Instant.parse("2026-01-10T00:00:00Z");

  private final Random random;
  private final List<String> types;
  private final List<String> sources;
  private final String prefix;
  private final List<Commit> commits = new ArrayList<>();

  /** Which resource. */
  record Key(String type, String id) {}

  /**
   * A resource in an export.
   *
   * @param updated its lastUpdated, or null
   * @param version may be null
   * @param part whether it is tagged SUBSETTED
   */
  record Sighting(Key key, Instant updated, String version, boolean part, String text) {
    /** Where it stands among the contents of its export; equal ones have the same text. */
    Object place(Instant exported) {
      Instant order = updated == null || updated.isAfter(exported) ? exported : updated;
      return List.of(key, part, order, number());
    }

    /** The version as a number; empty where it is none. */
    String number() {
      return version != null && version.matches("[0-9]+") ? version.replaceFirst("^0+", "") : "";
    }
  }

  /**
   * An export as it commits; the same export can commit again.
   *
   * @param full the types of which it has all; empty for none
   * @param withdrawn whether the commit before it is taken back first
   */
  record Commit(
      String export,
      String source,
      Instant time,
      Instant landedAt,
      List<String> full,
      List<Sighting> sightings,
      List<Key> deletions,
      boolean withdrawn) {
    boolean concludes() {
      return source.startsWith("crawl:");
    }

    void land(TestLake lake) {
      TestLake.Export made =
          lake.export(export, time.toString()).of(source).landedAt(landedAt.toString());
      if (!full.isEmpty()) {
        made.full(full.toArray(String[]::new));
      }
      for (Sighting s : sightings) {
        String updated = s.updated() == null ? null : s.updated().toString();
        made.resource(s.key().type(), s.key().id(), s.version(), updated, s.text());
      }
      if (!deletions.isEmpty()) {
        made.delete(deletions.stream().map(k -> k.type() + "/" + k.id()).toArray(String[]::new));
      }
      made.land();
    }
  }

  /**
   * @param slot which of the lake's types are the history's own, from 0; histories in other slots
   *     do not touch each other
   */
  History(long seed, int slot, Shape shape) {
    random = new Random(seed);
    types = ALL_TYPES.subList(2 * slot, 2 * slot + 2);
    sources = List.of("one" + slot, "two" + slot, "crawl:" + slot);
    prefix = "h" + slot + "e";
    Map<Integer, Commit> first = new HashMap<>();
    for (Step step : shape.steps()) {
      String export = prefix + step.export();
      Commit before = first.get(step.export());
      Commit made =
          before == null
              ? commit(export, any(sources), step.time(), false)
              : again(before, step.withdrawn());
      first.putIfAbsent(step.export(), made);
      commits.add(made);
    }
  }

  /** One export that commits, for the first time or again. */
  record Step(int export, Instant time, boolean withdrawn) {}

  /** When which exports commit, in the order in which they land. */
  record Shape(List<Step> steps) {
    /**
     * @param least how many exports it has at least; at most two more
     */
    static Shape of(long seed, int least) {
      Random random = new Random(seed);
      int exports = least + random.nextInt(3);
      List<Step> steps = new ArrayList<>();
      Instant time = BEGIN;
      for (int export = 0; export < exports; export++) {
        time = random.nextInt(7) == 0 ? time : time.plus(Duration.ofDays(1));
        steps.add(new Step(export, time, false));
        if (random.nextInt(4) == 0) {
          steps.add(new Step(export, time, random.nextBoolean()));
        }
      }
      Collections.shuffle(steps, random);
      return new Shape(List.copyOf(steps));
    }
  }

  /** The commits in the order in which they land. */
  List<Commit> commits() {
    return commits;
  }

  List<String> types() {
    return types;
  }

  /** What is landed at the end: the last commit of each export. */
  List<Commit> current() {
    Map<String, Commit> current = new LinkedHashMap<>();
    commits.forEach(commit -> current.put(commit.export(), commit));
    return List.copyOf(current.values());
  }

  private Commit again(Commit first, boolean withdrawn) {
    if (random.nextInt(4) > 0) {
      return commit(first.export(), first.source(), first.time(), withdrawn);
    }
    return new Commit(
        first.export(),
        first.source(),
        first.time(),
        landedAt(),
        first.full(),
        first.sightings(),
        first.deletions(),
        withdrawn);
  }

  private Instant landedAt() {
    return BEGIN.plus(Duration.ofDays(100)).plus(Duration.ofMinutes(commits.size()));
  }

  private Commit commit(String export, String source, Instant time, boolean withdrawn) {
    List<String> full = new ArrayList<>();
    if (random.nextInt(5) < 2) {
      // What "*" names are all types of the lake; of other histories' types it has nothing.
      full.addAll(
          switch (random.nextInt(3)) {
            case 0 -> List.of(any(types));
            case 1 -> types;
            default -> List.of(Landing.ALL_TYPES);
          });
    }
    Map<Object, Sighting> sightings = new HashMap<>();
    List<Sighting> all = new ArrayList<>();
    for (int i = random.nextInt(16); i > 0; i--) {
      Sighting made = sighting(export + "-" + commits.size(), time);
      Sighting same = sightings.putIfAbsent(made.place(time), made);
      all.add(same == null ? made : same);
    }
    List<Key> deletions = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      deletions.add(key());
    }
    return new Commit(
        export, source, time, landedAt(), List.copyOf(full), all, deletions, withdrawn);
  }

  private Sighting sighting(String commit, Instant exported) {
    Key key = key();
    String version = random.nextInt(3) == 0 ? null : any(VERSIONS);
    Instant updated = updated(exported);
    boolean part = random.nextInt(6) == 0;
    // Mostly a repeat says the same; a server can also correct a text and move no date.
    String said = random.nextInt(4) == 0 ? commit : "";
    String family = key.id() + " " + version + " " + updated + " " + said;
    String meta = part ? "\"meta\":{\"tag\":[{\"code\":\"SUBSETTED\"}]}," : "";
    String text =
        "{\"resourceType\":\"%s\",\"id\":\"%s\",%s\"language\":\"%s\"}"
            .formatted(key.type(), key.id(), meta, family.strip());
    return new Sighting(key, updated, version, part, text);
  }

  private Instant updated(Instant exported) {
    return switch (random.nextInt(6)) {
      case 0, 1 -> null;
      case 2 -> Instant.parse("2062-01-01T00:00:00Z");
      case 3 -> Instant.parse("2025-01-01T00:00:00Z");
      case 4 -> exported;
      default -> BEGIN.minus(Duration.ofHours(36)).plus(Duration.ofDays(random.nextInt(6)));
    };
  }

  private Key key() {
    return new Key(any(types), any(IDS));
  }

  private <T> T any(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }
}
