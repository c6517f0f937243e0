package io.epicfhir.extract.crawl;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Patients with something of everything, told apart by number; in odd but legal JSON. */
final class Records {
  static final int LABS = 23;

  private Records() {}

  /** So many patients. */
  static Map<String, List<String>> of(int patients) {
    Map<String, List<String>> all = new TreeMap<>();
    for (int i = 0; i < patients; i++) {
      patient(all, i);
    }
    for (int i = 0; i < 3; i++) {
      add(all, "Medication", "{\"resourceType\":\"Medication\",\"id\":\"m" + i + "\"}");
      add(
          all,
          "Practitioner",
          "{\"resourceType\":\"Practitioner\",\"id\":\"dr"
              + i
              + "\",\"name\":[{\"text\":\"Ø\u2028\"}]}");
    }
    add(
        all,
        "PractitionerRole",
        "{\"resourceType\":\"PractitionerRole\",\"id\":\"role\",\"practitioner\":"
            + "{\"reference\":\"Practitioner/dr2\"}}");
    return all;
  }

  private static void patient(Map<String, List<String>> all, int i) {
    String subject = "\"subject\":{\"reference\":\"Patient/p" + i + "\"}";
    add(
        all,
        "Patient",
        "{\"resourceType\":\"Patient\",\"id\":\"p"
            + i
            + "\" , \"identifier\":[{\"system\":\"urn:mrn\",\"value\":\"MRN"
            + i
            + "\"}]}");
    for (int n = 0; n < LABS; n++) {
      add(all, "Observation", observation("lab" + i + "-" + n, "laboratory", subject, n));
    }
    add(all, "Observation", observation("vital" + i, "vital-signs", subject, 50));
    add(all, "Observation", observation("result" + i, "unlisted", subject, 7));
    add(
        all,
        "DiagnosticReport",
        "{\"resourceType\":\"DiagnosticReport\",\"id\":\"report"
            + i
            + "\","
            + subject
            + ",\"result\":[{\"reference\":\"Observation/result"
            + i
            + "\"},{\"reference\":\"Observation/lab"
            + i
            + "-0/_history/1\"}]}");
    add(
        all,
        "MedicationRequest",
        "{\"resourceType\":\"MedicationRequest\",\"id\":\"rx"
            + i
            + "\","
            + subject
            + ",\"medicationReference\":{\"reference\":\"Medication/m"
            + i % 3
            + "\"},\"requester\":{\"reference\":\"Practitioner/dr"
            + i % 2
            + "\"},\"performer\":{\"reference\":\"PractitionerRole/role\"}}");
  }

  static String observation(String id, String category, String subject, int zeros) {
    return "{\"resourceType\":\"Observation\",\"id\":\""
        + id
        + "\",\"category\":[{\"coding\":[{\"code\":\""
        + category
        + "\"}]}],"
        + subject
        + ",\"valueQuantity\":{\"value\":1.5"
        + "0".repeat(zeros)
        + ",\"unit\":\"\\u0000\uD83D\uDE00\"}}";
  }

  private static void add(Map<String, List<String>> all, String type, String line) {
    all.computeIfAbsent(type, t -> new ArrayList<>()).add(line);
  }

  static List<String> lines(Map<String, List<String>> all) {
    return all.values().stream().flatMap(List::stream).toList();
  }
}
