package io.epicfhir.extract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Landing;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import io.epicfhir.sandbox.http.RequestLog;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** The fault table's rows about what files hold; see {@link FaultTableTest}. */
class FaultTableContentTest extends SiteTest {
  private static final Match OBSERVATIONS = Match.file("Observation");
  private static final Match PATIENTS = Match.file("Patient");

  @Test
  void fault_19_error_files_in_the_manifest() throws IOException {
    open(o -> o);
    site.settings.put("bulk.newcomers", "off"); // p9 is one
    assertThat(site.runAll("r0")).isZero();
    Instant watermark = site.landings().get(0).transactionTime();
    Files.writeString(
        site.data.resolve("Patient.ndjson"), "{\"resourceType\":\"Patient\",\"id\":\"p9\"}\n");
    site.server.store().reload();
    site.server.faults().once(PATIENTS, Fault.errorFile("error", "exception", "Zo\u00eb"));

    assertThat(site.runAll("r1")).isEqualTo(5);

    assertThat(error("extract"))
        .contains("the server reports 1 errors", "bulk.allow-errors")
        .doesNotContain("Zo\u00eb");
    assertThat(site.landings()).hasSize(1);
    Row kept = ReadBack.quarantine(site).get(0);
    assertThat(kept.<String>getAs("reason")).isEqualTo("server-error");
    assertThat(new String((byte[]) kept.getAs("line"), UTF_8)).contains("Zo\u00eb");

    // A run in other words comes in between, so that the one after it cannot adopt this export.
    site.settings.put("bulk.type-filters", "[\"Observation?category=laboratory\"]");
    assertThat(site.run(new KickOff(), "r2", "kick_off")).isZero();
    site.settings.remove("bulk.type-filters");
    assertThat(site.run(new KickOff(), "r3", "kick_off")).isZero();
    assertThat(kickOffs().get(3)).contains("_since=" + watermark);

    site.settings.put("bulk.allow-errors", "true");
    assertThat(extract()).isZero();
    assertThat(site.landings()).hasSize(2);
    assertThat(site.landings().get(1).since()).isEqualTo(watermark);
  }

  private List<String> kickOffs() {
    return site.server.requests().entries().stream()
        .filter(entry -> entry.kind() == RequestKind.KICK_OFF)
        .map(RequestLog.Entry::uri)
        .map(uri -> URLDecoder.decode(uri, UTF_8))
        .toList();
  }

  @Test
  void fault_22_wrong_count_and_wrong_content_type() throws IOException {
    open(o -> o);
    site.server
        .faults()
        .once(OBSERVATIONS, Fault.wrongCount(3))
        .once(PATIENTS, Fault.contentType("application/fhir+xml"));

    assertThat(site.runAll("r1")).isEqualTo(5);

    assertThat(error("extract"))
        .contains("Observation-1.ndjson announced 503, received 500")
        .contains("If that does not help, rerun from the kick-off, which requests a new export")
        .doesNotContain("To accept it")
        .contains("3 of 503 lines are in quarantine {wrong-content-type=3} from files of Patient,");
    assertThat(site.landings()).isEmpty();
    assertThat(asked(RequestKind.DELETE)).isZero();
    List<Row> kept = ReadBack.quarantine(site);
    assertThat(kept).extracting(row -> row.getAs("reason")).containsOnly("wrong-content-type");
    assertThat(site.report("r1", "extract").at("/result/quarantine_reasons").toString())
        .isEqualTo("{\"wrong-content-type\":3}");
    assertThat(kept)
        .extracting(row -> new String((byte[]) row.getAs("line"), UTF_8))
        .containsExactlyInAnyOrder(
            new String(BulkToBronzeTest.files().get("Patient.ndjson"), UTF_8).split("\n"));
  }

  /** Twice the memory that there is, in a few megabytes. */
  @Test
  void fault_23_gzip_bomb_by_its_ratio() throws IOException, InterruptedException {
    open(o -> o);
    site.settings.put("source.max-gzip-ratio", "100");
    site.settings.put("bronze.max-line-size", "\"1 MiB\"");
    long bomb = 2 * Runtime.getRuntime().maxMemory();
    site.server.faults().always(PATIENTS, Fault.gzipBomb(bomb));

    assertThat(site.runAll("r1")).isEqualTo(3);

    assertThat(error("extract"))
        .contains(
            "it unpacks to more than 100 times its size (source.max-gzip-ratio); ask the server's"
                + " operator why; raise the limit only if the file is right");
    assertThat(site.landings()).isEmpty();
    // Once. Whether the other file was asked for by then is a race.
    assertThat(filesOfPatients()).hasSize(1);
    assertThat(asked(RequestKind.FILE)).isBetween(1L, 2L);
  }

  /** The server notices a moment later that the client went away, and writes it down then. */
  private List<RequestLog.Entry> filesOfPatients() throws InterruptedException {
    for (int look = 0; ; look++) {
      List<RequestLog.Entry> asked =
          site.server.requests().entries().stream()
              .filter(one -> one.kind() == RequestKind.FILE && one.uri().contains("Patient"))
              .toList();
      if (!asked.isEmpty() || look == 100) {
        return asked;
      }
      Thread.sleep(50);
    }
  }

  @Test
  void fault_23_gzip_bomb_by_its_bytes() throws IOException {
    open(o -> o);
    site.settings.put("source.max-file-size", "\"1 MiB\"");
    site.server.faults().always(PATIENTS, Fault.gzipBomb(3 << 20));

    assertThat(site.runAll("r1")).isEqualTo(3);

    assertThat(error("extract"))
        .contains(
            "it is longer than source.max-file-size = 1048576 bytes; ask the server's operator for"
                + " smaller files, or raise the limit");
    assertThat(site.landings()).isEmpty();
  }

  /** A hundred would show nothing more, and take longer. */
  @Test
  void fault_24_a_20_mb_line_is_taken_and_a_line_over_the_limit_quarantined() throws IOException {
    open(o -> o);
    site.settings.put("bronze.max-line-size", "\"21 MiB\"");
    site.settings.put("bulk.max-rejected-share", "0.1");
    site.server
        .faults()
        .once(PATIENTS, Fault.longLine(20_000_000))
        .once(OBSERVATIONS, Fault.longLine(50_000_000));

    assertThat(site.runAll("r1")).isZero();

    List<Row> rows = ReadBack.bronze(site);
    assertThat(rows).hasSize(504);
    Row taken =
        rows.stream().filter(r -> r.getAs("id").equals("long-line")).findFirst().orElseThrow();
    assertThat(taken.<String>getAs("resource_type")).isEqualTo("Patient");
    assertThat(taken.<String>getAs("resource")).hasSize(20_000_000);
    List<Row> kept = ReadBack.quarantine(site);
    assertThat(kept).extracting(row -> row.getAs("reason")).containsOnly("too-long");
    assertThat(kept)
        .extracting(row -> row.<Integer>getAs("part"))
        .containsExactlyInAnyOrder(0, 1, 2);
    assertThat(kept.stream().mapToInt(row -> row.<byte[]>getAs("line").length).sum())
        .isEqualTo(50_000_000);
  }

  /** The characters' bytes fall on both sides of every buffer's end, whatever its size. */
  @Test
  void fault_25_split_utf_8_u2028_crlf_bom_and_blank_lines() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      lines.add(
          "{\"resourceType\":\"Observation\",\"id\":\"o"
              + "0".repeat(i)
              + "\",\"x\":\"\u2028\u2029\u0085"
              + "\uD83D\uDE00\u20AC".repeat(40_000)
              + "\"}"
              + (i == 1 ? "" : "\r"));
    }
    open(
        Map.of(
            "Observation.ndjson",
            "{\"resourceType\":\"Observation\",\"id\":\"o\"}\n".getBytes(UTF_8)),
        o -> o);
    site.server.faults().once(OBSERVATIONS, Fault.wrongCount(2));
    String body = "\uFEFF\n" + lines.get(0) + "\n\r\n  \n" + lines.get(1) + "\n\n" + lines.get(2);
    site.server
        .faults()
        .once(OBSERVATIONS, Fault.answer(200, "application/fhir+ndjson", body + "\n\n"));

    assertThat(site.runAll("r1")).isZero();

    assertThat(BulkToBronzeTest.resources(ReadBack.bronze(site)))
        .containsExactlyInAnyOrderElementsOf(lines);
    assertThat(site.report("r1", "extract").path("counters").path("lines.blank").asInt())
        .isEqualTo(5);
  }

  @Test
  void fault_38_truncated_parquet_file_lands_again_from_an_export_that_is_still_there()
      throws IOException {
    open(o -> o);
    site.server.faults().always(Match.kind(RequestKind.DELETE), Fault.fatal(500, "1", "x"));
    assertThat(site.runAll("r1")).isZero();
    String broken = truncateOne();

    assertThat(extract()).isZero();

    assertThat(notes("extract")).contains(broken + " is damaged", "Its landing was withdrawn");
    landedAgain(broken);
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(1);
  }

  /** Its footer is whole and its length is right: only a look at every page finds it. */
  @Test
  void fault_38_parquet_file_damaged_in_its_middle_lands_again() throws IOException {
    open(o -> o);
    site.server.faults().always(Match.kind(RequestKind.DELETE), Fault.fatal(500, "1", "x"));
    assertThat(site.runAll("r1")).isZero();
    Landing.File damaged = site.landings().get(0).files().get(0);
    var file = folder.resolve("lake").resolve(damaged.path());
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 4] ^= 0x20;
    Files.write(file, bytes);
    Files.deleteIfExists(file.resolveSibling("." + file.getFileName() + ".crc"));

    assertThat(extract()).isZero();

    assertThat(notes("extract")).contains(damaged.path() + " is damaged");
    landedAgain(damaged.path());
  }

  @Test
  void fault_38_truncated_parquet_file_lands_again_from_a_new_export() throws IOException {
    open(o -> o);
    assertThat(site.runAll("r1")).isZero();
    String broken = truncateOne();

    assertThat(extract()).isEqualTo(4);

    assertThat(notes("extract")).contains(broken + " is damaged", "Its landing was withdrawn");
    assertThat(error("extract")).contains("the export was requested again");
    assertThat(site.landings()).isEmpty();
    assertThat(extract()).isZero();
    landedAgain(broken);
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(2);
  }

  private String truncateOne() throws IOException {
    Landing.File file = site.landings().get(0).files().get(0);
    try (RandomAccessFile bytes =
        new RandomAccessFile(folder.resolve("lake").resolve(file.path()).toFile(), "rw")) {
      bytes.setLength(file.bytes() / 2);
    }
    return file.path();
  }

  private void landedAgain(String broken) throws IOException {
    assertThat(site.landings()).hasSize(1);
    assertThat(BulkToBronzeTest.resources(ReadBack.bronze(site)))
        .containsExactlyInAnyOrderElementsOf(BulkToBronzeTest.served(BulkToBronzeTest.files()));
    assertThat(folder.resolve("lake").resolve(broken)).doesNotExist();
  }
}
