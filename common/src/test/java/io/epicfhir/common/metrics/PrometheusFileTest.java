package io.epicfhir.common.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.Gauge;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.JobRun;
import io.epicfhir.common.report.RunReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run's figures as the node exporter's textfile collector reads them. */
class PrometheusFileTest {
  private static final Pattern HELP =
      Pattern.compile("# HELP (epic_fhir_[a-zA-Z0-9_]+) (?:[^\\\\\\n]|\\\\\\\\|\\\\n)+");
  private static final Pattern TYPE = Pattern.compile("# TYPE (epic_fhir_[a-zA-Z0-9_]+) (gauge)");
  private static final Pattern SAMPLE =
      Pattern.compile(
          "(epic_fhir_[a-zA-Z0-9_]+)\\{dag=\"d\",task=\"count\"((?:,(?:view|type)=\"[^\"]+\")?)\\}"
              + " (-?\\d+(?:\\.\\d+)?|NaN|[+-]Inf)");

  @TempDir Path folder;

  private Path file() {
    return folder.resolve("prom/epic_fhir_d_count.prom");
  }

  private JobRun jobRun() throws IOException {
    Files.createDirectories(folder.resolve("prom"));
    return new JobRun(folder, "metrics { prometheus-folder = prom }");
  }

  @Test
  void aJobsFiguresStandInTheCollectorsFolder() throws IOException {
    Instant before = Instant.now();
    JobRun jobRun = jobRun();
    int exit =
        jobRun.run(
            context -> {
              var registry = context.recorder().registry();
              registry.counter("load.rows").inc(7_000_000_000L);
              registry.meter("requests").mark(3);
              registry.timer("load.my-view").update(20, TimeUnit.MILLISECONDS);
              registry.timer("load.patient").update(30, TimeUnit.MILLISECONDS);
              registry.timer("spark.start").update(40, TimeUnit.MILLISECONDS);
              context
                  .recorder()
                  .resources("Patient", new RunReport.Resources(20L, 19L, 1L, null, null));
              context
                  .recorder()
                  .resources("Condition", new RunReport.Resources(8L, 8L, 0L, 2L, null));
              registry.registerGauge("load.my-view.rows-per-second", (Gauge<Double>) () -> 0.25);
              registry.registerGauge("a.word", (Gauge<String>) () -> "Jane Doe");
              registry.registerGauge("not.there", (Gauge<Double>) () -> Double.NaN);
              context
                  .spark()
                  .range(0, 1000, 1, 2)
                  .groupBy(functions.col("id").mod(7))
                  .count()
                  .collect();
            });
    assertThat(exit).isZero();

    Map<String, String> read = parsed();
    assertThat(read)
        .containsEntry("epic_fhir_load_rows", "gauge 7000000000")
        .containsEntry("epic_fhir_requests", "gauge 3")
        .containsEntry("epic_fhir_load_view_calls,view=\"my-view\"", "gauge 1")
        .containsEntry("epic_fhir_load_view_max_seconds,view=\"my-view\"", "gauge 0.02")
        .containsEntry("epic_fhir_load_view_max_seconds,view=\"patient\"", "gauge 0.03")
        .containsEntry("epic_fhir_resources_written,type=\"Patient\"", "gauge 19")
        .containsEntry("epic_fhir_resources_rejected,type=\"Patient\"", "gauge 1")
        .containsEntry("epic_fhir_resources_deleted,type=\"Condition\"", "gauge 2")
        .doesNotContainKey("epic_fhir_resources_deleted,type=\"Patient\"")
        .containsEntry("epic_fhir_load_my_view_rows_per_second", "gauge 0.25")
        .containsEntry("epic_fhir_not_there", "gauge NaN")
        .containsEntry("epic_fhir_run_exit_code", "gauge 0")
        .containsEntry("epic_fhir_stages_spill_disk_bytes", "gauge 0")
        .containsKeys("epic_fhir_stages_gc_seconds", "epic_fhir_stages_spill_memory_bytes")
        .doesNotContainKey("epic_fhir_a_word");
    assertThat(value(read, "epic_fhir_stages_shuffle_write_bytes")).isPositive();
    assertThat(value(read, "epic_fhir_stages_shuffle_read_bytes")).isPositive();
    assertThat(value(read, "epic_fhir_run_duration_seconds"))
        .isEqualTo(jobRun.report().at("/run/duration_ms").asDouble() / 1000);
    assertThat(value(read, "epic_fhir_run_end_timestamp_seconds"))
        .isBetween((double) before.getEpochSecond(), Instant.now().getEpochSecond() + 1.0);
  }

  @Test
  void namesThatComeOutTheSameStayApart() throws IOException {
    assertThat(
            jobRun()
                .run(
                    context -> {
                      context.recorder().registry().counter("a-b").inc(1);
                      context.recorder().registry().counter("a.b").inc(2);
                    }))
        .isZero();

    assertThat(parsed())
        .containsEntry("epic_fhir_a_b", "gauge 1")
        .containsEntry("epic_fhir_a_b_2", "gauge 2");
  }

  @Test
  void aFailedRunTakesTheFilesPlaceAndTheCollectorMayReadIt() throws IOException {
    JobRun jobRun = jobRun();
    assertThat(jobRun.run(context -> {})).isZero();
    int exit =
        jobRun.run(
            context -> {
              throw new JobException(ExitCode.UNAVAILABLE, "Cannot reach Jane's server");
            });
    assertThat(exit).isEqualTo(4);

    assertThat(parsed()).containsEntry("epic_fhir_run_exit_code", "gauge 4");
    assertThat(Files.readString(file())).doesNotContain("Jane");
    assertThat(Files.getPosixFilePermissions(file()))
        .as("whatever the umask is: the collector is another user")
        .isEqualTo(PosixFilePermissions.fromString("rw-r--r--"));
    try (var files = Files.list(file().getParent())) {
      assertThat(files).as("no part is left").containsExactly(file());
    }
  }

  @Test
  void aRunWithoutItsReportIsNotDoneHereEither() throws IOException {
    JobRun jobRun = jobRun();
    Files.writeString(folder.resolve("lake"), "a file where the lake should be");

    assertThat(jobRun.run(context -> {})).isEqualTo(6);

    assertThat(parsed()).containsEntry("epic_fhir_run_exit_code", "gauge 6");
  }

  @Test
  void aFolderThatIsNotThereCostsNoJob() throws IOException {
    JobRun jobRun = new JobRun(folder, "metrics { prometheus-folder = nowhere }");

    assertThat(jobRun.run(context -> {})).isZero();

    assertThat(jobRun.report().at("/run/status").asText()).isEqualTo("success");
    assertThat(folder.resolve("nowhere")).doesNotExist();
  }

  /**
   * By name and own labels "type value"; a name has HELP, TYPE and its samples, in this order,
   * once.
   */
  private Map<String, String> parsed() throws IOException {
    String text = Files.readString(file());
    assertThat(text).endsWith("\n");
    List<String> lines = text.lines().toList();
    Map<String, String> read = new HashMap<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < lines.size(); ) {
      Matcher help = matched(HELP, lines.get(i++));
      Matcher type = matched(TYPE, lines.get(i++));
      assertThat(type.group(1)).isEqualTo(help.group(1));
      assertThat(names.add(type.group(1))).as(type.group(1) + " stands once").isTrue();
      do {
        Matcher sample = matched(SAMPLE, lines.get(i++));
        assertThat(sample.group(1)).isEqualTo(type.group(1));
        String of = sample.group(1) + sample.group(2);
        assertThat(read.put(of, type.group(2) + " " + sample.group(3))).as(of + " once").isNull();
      } while (i < lines.size() && !lines.get(i).startsWith("#"));
    }
    return read;
  }

  private static Matcher matched(Pattern pattern, String line) {
    Matcher matcher = pattern.matcher(line);
    assertThat(matcher.matches()).as(line).isTrue();
    return matcher;
  }

  private static double value(Map<String, String> read, String name) {
    return Double.parseDouble(read.get(name).split(" ", 2)[1]);
  }
}
