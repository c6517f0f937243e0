package io.epicfhir.transform;

import io.epicfhir.common.optout.NamedPatients;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.transform.erase.Erasure;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** A lake with Bert and Xenia; Anna is erased, and Xenia is found to be Anna. */
final class KeptOutClinic {
  static final String ANNA = ErasedClinic.ANNA;
  static final String BERT = ErasedClinic.BERT;
  static final String XENIA = "eXenia0011223344";
  static final String JAN_10 = "2026-01-10T00:00:00Z";
  private static final String DAY = "2026-01-05T00:00:00Z";

  final TestLake lake;

  KeptOutClinic(Path folder) {
    lake = new TestLake(folder).viewOfKeys("Patient").viewOfKeys("Observation");
  }

  /** The export "e1" with both patients. */
  TestLake.Export first() {
    TestLake.Export first = lake.export("e1", JAN_10);
    first.resource("Patient", BERT, "1", DAY, ErasedClinic.json("Patient", BERT, ""));
    first.resource("Patient", XENIA, "1", DAY, ErasedClinic.json("Patient", XENIA, ""));
    return first;
  }

  /** A resource of a patient as it was on 5 January. */
  static TestLake.Export about(TestLake.Export export, String type, String id, String patient) {
    return export.resource(
        type, id, "1", DAY, ErasedClinic.json(type, id, ErasedClinic.subject(patient)));
  }

  /** The same resource as it became later, with whatever it says. */
  static TestLake.Export later(
      TestLake.Export export, String type, String id, String updated, String more) {
    return export.resource(type, id, "2", updated, ErasedClinic.json(type, id, more));
  }

  /** Anna is on the list. */
  void erased() {
    new OptOutList(lake.lake())
        .add(
            List.of(new OptOutList.Person(new TreeSet<>(Set.of("Patient/" + ANNA)), Set.of())),
            List.of());
  }

  /** As extract does where Xenia's record links to Anna's. */
  TestLake.Export merged(String export, String time) {
    OptOutList list = new OptOutList(lake.lake());
    list.learn(list.load().hashesOf("Patient/" + XENIA));
    return lake.export(export, time)
        .since(JAN_10)
        .landedAt(Instant.now().plusSeconds(60).toString())
        .keepsOut("Patient/" + XENIA);
  }

  void eraseAgain() {
    new Erasure(TestLake.spark(), lake.lake(), new NamedPatients(Set.of(ANNA), Set.of()))
        .go(Duration.ZERO);
  }
}
