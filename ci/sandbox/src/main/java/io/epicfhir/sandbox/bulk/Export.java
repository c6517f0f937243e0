package io.epicfhir.sandbox.bulk;

import java.time.Instant;

/** One export; {@code nextPoll} is the only thing that changes. */
final class Export {
  /**
   * What was asked, by whom.
   *
   * @param url of the kick-off
   * @param body empty for a GET
   */
  record Asked(String client, String group, String url, String body) {}

  final Asked asked;
  final Instant time;
  final Instant ready;
  final ExportContent content;
  final boolean incremental;
  Instant nextPoll = Instant.MIN;

  Export(Asked asked, Instant time, Instant ready, ExportContent content, boolean incremental) {
    this.asked = asked;
    this.time = time;
    this.ready = ready;
    this.content = content;
    this.incremental = incremental;
  }
}
