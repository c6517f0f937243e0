package io.epicfhir.extract.bulk.judgement;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.extract.bulk.ledger.Completeness;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.ledger.Since;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import io.epicfhir.extract.crawl.references.HydrationCounts;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Of which resources of a landed export nobody knows whether the server still has them, and when it
 * will be known.
 */
final class DeletionsUnknown {
  private final Lake lake;
  private final BulkSettings settings;
  private final ExportLedger ledger;

  DeletionsUnknown(Lake lake, BulkSettings settings, ExportLedger ledger) {
    this.lake = lake;
    this.settings = settings;
    this.ledger = ledger;
  }

  /** Gives a sentence for each. */
  void warnings(Landing landing, Consumer<String> warning) {
    String group = "Group \"" + landing.group() + "\": ";
    Map<String, Long> unread = ledger.references().map(HydrationCounts::unread).orElse(Map.of());
    unread.forEach((type, n) -> warning.accept(group + unread(type, n)));
    Map<String, Long> doubts = ledger.completeness().map(Completeness::doubts).orElse(Map.of());
    if (!doubts.isEmpty()) {
      warning.accept(group + doubted(doubts));
      return;
    }
    List<String> types = ledger.completeness().map(Completeness::withheld).orElse(List.of());
    if (!ledger.requireStarted().asked().full() && !types.isEmpty()) {
      warning.accept(group + notAsked(landing.group(), types));
    }
  }

  private String unread(String type, long number) {
    return number
        + " "
        + type
        + " are missing from the export, which is incomplete for this type, and were not read by"
        + " id because bulk.max-confirmations = "
        + settings.coverage().maxConfirmations()
        + " was reached. They stay in the tables; the next full export reads more of them by id.";
  }

  private static String doubted(Map<String, Long> doubts) {
    return "the server's warnings "
        + doubts
        + " do not say whether data is missing. So resources of these types are deleted only after a"
        + " read by id, and the next export covers the same time again. Look at the lines in quarantine"
        + " (reason server-warning). If nothing is missing, add the codes in braces, such as"
        + " warning:processing, to bulk.accepted-errors.";
  }

  private String notAsked(String group, List<String> types) {
    return "the server could not export all changes of "
        + String.join(", ", types)
        + ". Only a full export finds their changes and deletions: "
        + nextFull(group);
  }

  private String nextFull(String group) {
    Duration every = settings.coverage().fullEvery();
    if (every.isZero()) {
      return "bulk.full-every = 0 turns full exports off; set it, for example to 30 days.";
    }
    return new Since(lake, group, settings, Instant.now())
        .lastFull()
        .map(last -> "the next one is due at " + last.plus(every) + " (bulk.full-every).")
        .orElse("the next export is one.");
  }
}
