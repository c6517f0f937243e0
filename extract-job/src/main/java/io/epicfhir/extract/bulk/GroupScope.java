package io.epicfhir.extract.bulk;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.extract.bronze.StagedFile;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.ledger.ExportRequest;
import io.epicfhir.extract.bulk.ledger.GroupPatients;
import io.epicfhir.extract.bulk.settings.BulkCoverage;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import io.epicfhir.extract.crawl.references.BulkHydration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.fs.Path;

/**
 * Who belongs to a group while an export of it is taken in: the patients of a whole export; else
 * those that earlier exports had, too, where settings have them kept up to date. An export without
 * any patient says nothing of that.
 */
final class GroupScope {
  private static final String PATIENT = "Patient";

  private final Lake lake;
  private final ExportLedger ledger;
  private final boolean listKept;
  private final List<String> groups;

  /**
   * Of the ledger's export.
   *
   * @param settings whose groups' exports are asked for
   */
  GroupScope(Lake lake, ExportLedger ledger, BulkSettings settings) {
    this.lake = lake;
    this.ledger = ledger;
    this.listKept = settings.coverage().newcomers() != BulkCoverage.Newcomers.OFF;
    this.groups = settings.groups();
  }

  /**
   * The group's patients; empty where they are not known.
   *
   * @param completeTypes of which the export holds all that the group has
   */
  Optional<BulkHydration.Members> members(List<String> completeTypes, List<StagedFile> staged) {
    ExportRequest asked = ledger.requireStarted().asked();
    boolean whole = asked.full() && completeTypes.contains(PATIENT);
    GroupPatients patients = new GroupPatients(lake, asked.group());
    Set<String> digests = new HashSet<>();
    for (StagedFile file : staged) {
      if (file.type().equals(PATIENT) && file.kind() == Landing.Kind.RESOURCES) {
        digests.addAll(LandedPatients.digests(lake, new Path(file.path())));
      }
    }
    if (!whole || digests.isEmpty()) {
      Optional<Set<String>> known = whole || !listKept ? Optional.empty() : patients.known();
      if (known.isEmpty()) {
        return Optional.empty();
      }
      digests.addAll(known.get());
    }
    ledger.members().map(ExportLedger.Members::members).ifPresent(digests::addAll);
    return Optional.of(new Digested(digests, patients.ofOthers(groups)));
  }

  /** Patients by the digests of their ids. */
  private record Digested(Set<String> ours, Set<String> others) implements BulkHydration.Members {
    @Override
    public boolean has(String patient) {
      return ours.contains(GroupPatients.digest(patient));
    }

    @Override
    public boolean isElsewhere(String patient) {
      return others.contains(GroupPatients.digest(patient));
    }
  }
}
