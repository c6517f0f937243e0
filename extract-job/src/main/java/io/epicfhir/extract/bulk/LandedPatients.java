package io.epicfhir.extract.bulk;

import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.extract.bronze.BronzeColumn;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.ledger.GroupPatients;
import io.epicfhir.extract.bulk.settings.BulkCoverage;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * Notices patients whom an export has and no earlier one had: an export of what changed does not
 * bring their past. Done once for an export, when it has landed.
 */
public final class LandedPatients {
  static final String PATIENT = "Patient";

  private final JobContext context;
  private final BulkSettings settings;

  /** Of a run. */
  public LandedPatients(JobContext context, BulkSettings settings) {
    this.context = context;
    this.settings = settings;
  }

  /** Notes the landing's patients, and those among them that joined the group. */
  public void note(ExportLedger ledger, Landing landing) {
    Optional<ExportLedger.Started> started = ledger.started();
    if (ledger.landed().isPresent() || started.isEmpty()) {
      return;
    }
    GroupPatients group = new GroupPatients(context.lake(), landing.group());
    if (landing.since() == null) {
      group.forgetJoined(started.get().startedAt());
    }
    if (settings.coverage().newcomers() == BulkCoverage.Newcomers.OFF) {
      group.forget(); // a list that is not kept soon names leavers, and lacks who joined
      return;
    }
    List<Landing> later = later(started.get(), landing);
    if (landing.since() == null && later.isEmpty()) {
      group.landedInFull();
    }
    if (later.stream().anyMatch(one -> one.since() == null)) {
      return; // that one has listed the group as it was after this one
    }
    List<String> patients = patients(landing);
    List<String> members = ledger.members().map(ExportLedger.Members::members).orElse(List.of());
    if (landing.since() != null) {
      joined(group, landing, patients);
      add(group, patients);
      return;
    }
    List<String> all = new ArrayList<>(patients);
    all.addAll(members);
    boolean whole = landing.isCompleteFor(PATIENT) && !patients.isEmpty();
    boolean listed = whole || !members.isEmpty(); // members are all that the server's Group has
    if (listed && later.isEmpty()) {
      group.replace(all);
    } else if (listed) {
      group.add(all); // who has joined since is in the list already
    } else {
      add(group, patients);
    }
  }

  /** Landings of the group that were asked for later, and whose patients are noted. */
  private List<Landing> later(ExportLedger.Started started, Landing landing) {
    return new Landings(context.lake())
        .all().stream()
            .filter(other -> other.group().equals(landing.group()))
            .filter(other -> !other.transactionTime().isBefore(landing.transactionTime()))
            .filter(other -> isLater(other, started))
            .toList();
  }

  private boolean isLater(Landing other, ExportLedger.Started than) {
    ExportLedger ledger = new ExportLedger(context.lake(), other.exportId());
    return ledger.landed().isPresent()
        && ledger.started().filter(s -> s.startedAt().isAfter(than.startedAt())).isPresent();
  }

  private static void joined(GroupPatients group, Landing landing, List<String> patients) {
    int joined = group.newcomers(patients);
    if (joined > 0) {
      Optional<GroupPatients.Joined> before = group.joined();
      group.join(
          new GroupPatients.Joined(
              landing.exportId(),
              before.map(GroupPatients.Joined::patients).orElse(0) + joined,
              Instant.now(),
              before.map(GroupPatients.Joined::readmitted).orElse(false)));
    }
  }

  /** A part of the group does not show who is not in it, so it only adds to what is known. */
  private static void add(GroupPatients group, List<String> patients) {
    if (group.known().isPresent()) {
      group.add(patients);
    }
  }

  private List<String> patients(Landing landing) {
    List<String> digests = new ArrayList<>();
    for (Landing.File file : landing.files()) {
      if (file.resourceType().equals(PATIENT) && file.kind() == Landing.Kind.RESOURCES) {
        digests.addAll(digests(context.lake(), context.lake().paths().at(file.path())));
      }
    }
    return digests;
  }

  /** Of the ids in a file of bronze. */
  static List<String> digests(Lake lake, Path path) {
    List<String> digests = new ArrayList<>();
    BronzeColumn.read(
        lake.hadoop(), path, "id", id -> digests.add(GroupPatients.digest(id.toStringUsingUTF8())));
    return digests;
  }
}
