package io.epicfhir.transform;

import static io.epicfhir.transform.ErasedClinic.json;
import static io.epicfhir.transform.ErasedClinic.subject;

import io.epicfhir.common.optout.NamedPatients;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.transform.erase.Erasure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What an erasure costs: a lake of patients with two exports; some of them are erased. Arguments: a
 * folder, patients, and how many of them go. It prints KEY=VALUE lines; finds must be 0.
 */
final class EraseFigure {
  private static final int OBSERVATIONS = 60;

  private EraseFigure() {}

  /** Runs it. */
  public static void main(String[] args) throws IOException {
    Path folder = Files.createDirectories(Path.of(args[0]));
    int patients = Integer.parseInt(args[1]);
    int going = Integer.parseInt(args[2]);
    TestLake lake = new TestLake(folder).viewOfKeys("Patient").viewOfKeys("Provenance");
    lake.view(
        "Observation",
        """
        {"resourceType": "ViewDefinition", "name": "observation", "resource": "Observation",
         "select": [{"column": [{"name": "id", "path": "getResourceKey()"},
           {"name": "patient_id", "path": "subject.getReferenceKey(Patient)"}]}]}
        """);
    land(lake, "e1", "2026-01-10T00:00:00Z", patients, 1);
    lake.transform();
    land(lake, "e2", "2026-01-11T00:00:00Z", patients, 3);
    lake.transform();
    Set<String> ids = new TreeSet<>();
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < going; i++) {
      ids.add(id("Patient", i));
      texts.add("Of" + i + "x");
    }
    System.out.println("files_before=" + names(folder, texts));
    long begin = System.nanoTime();
    Erasure.Result done =
        new Erasure(TestLake.spark(), lake.lake(), new NamedPatients(ids, Set.of()))
            .go(Duration.ZERO);
    System.out.println("seconds=" + (System.nanoTime() - begin) / 1_000_000_000.0);
    System.out.println("rows=" + done.rows());
    System.out.println("resources=" + done.resources());
    System.out.println("finds=" + names(folder, texts));
    System.out.println("listed=" + new OptOutList(lake.lake()).persons());
    System.out.println("left=" + lake.live("Patient").size());
    System.out.println("problems=" + lake.rebuild("Patient", "Observation").problems());
    TestLake.spark().stop();
  }

  private static String id(String type, int patient) {
    return "e" + type.charAt(0) + "Of" + patient + "x112233445566";
  }

  private static void land(TestLake lake, String name, String time, int patients, int version) {
    TestLake.Export export = lake.export(name, time);
    for (int p = 0; p < patients; p += version) {
      String patient = id("Patient", p);
      put(export, "Patient", patient, version, ",\"birthDate\":\"197" + version + "\"");
      for (int n = 0; n < OBSERVATIONS; n++) {
        String value = subject(patient) + ",\"valueInteger\":" + n * version;
        put(export, "Observation", id("Observation", p) + n, version, value);
      }
      put(
          export,
          "Provenance",
          id("Vouches", p),
          version,
          ",\"target\":[{\"reference\":\"Observation/" + id("Observation", p) + "0\"}]");
    }
    export.land();
  }

  private static void put(
      TestLake.Export export, String type, String id, int version, String more) {
    String updated = "2026-01-0" + version + "T00:00:00Z";
    export.resource(type, id, String.valueOf(version), updated, json(type, id, more));
  }

  /** Files that name one of the erased, by a look of its own. */
  private static int names(Path folder, List<String> texts) {
    return ErasedClinic.filesWith(folder, texts).size();
  }
}
