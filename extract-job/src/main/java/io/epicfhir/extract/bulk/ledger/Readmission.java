package io.epicfhir.extract.bulk.ledger;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import java.time.Instant;
import java.util.stream.Stream;

/** Patients who may come back: their past is missing, as that of somebody who joined a group. */
public final class Readmission {
  private Readmission() {}

  /**
   * Has the next export of each group ask for everything.
   *
   * @param runKey the run that asks for it
   * @param patients how many come back
   */
  public static void askForEverything(Lake lake, String runKey, int patients) {
    Stream<String> landed = new Landings(lake).all().stream().map(Landing::group);
    Stream.concat(landed, new GroupLedger(lake).asked().stream())
        .filter(group -> !group.startsWith("crawl:"))
        .distinct()
        .forEach(group -> ask(new GroupPatients(lake, group), runKey, patients));
  }

  private static void ask(GroupPatients group, String runKey, int patients) {
    int before = group.joined().map(GroupPatients.Joined::patients).orElse(0);
    group.join(new GroupPatients.Joined(runKey, before + patients, Instant.now(), true));
  }
}
