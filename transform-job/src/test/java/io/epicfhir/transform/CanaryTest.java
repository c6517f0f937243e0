package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.Canaries;
import io.epicfhir.common.ChildJvm;
import io.epicfhir.common.job.JobRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A patient's name in every value of resources that do not fit, through a run that fails for them,
 * one that is rebuilt, and the care of the tables, with the logging that is shipped.
 */
final class CanaryTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";

  @TempDir private Path folder;

  /** The jobs, in a process of their own. */
  public static final class Jobs {
    private Jobs() {}

    /** Begins with the settings file; the exit status is transform's. */
    public static void main(String... arguments) {
      String settings = arguments[0];
      int transform = run(new Transform(), settings, "transform", "--types", "Patient");
      run(new Care(), settings, "care");
      System.exit(transform);
    }

    private static int run(
        io.epicfhir.common.job.Job job, String settings, String task, String... more) {
      String[] usual = {
        "--conf",
        settings,
        "--dag",
        "etl",
        "--run",
        task + more.length,
        "--task",
        task,
        "--interval-end",
        TUESDAY
      };
      return JobRunner.run(
          job, Stream.concat(Stream.of(usual), Stream.of(more)).toArray(String[]::new));
    }
  }

  @Test
  void itIsNowhereButInTheTablesAndQuarantine() throws Exception {
    views();
    TestLake lake = new TestLake(folder.resolve("lake"));
    lake.export("e1", MONDAY)
        .resource("Patient", "good", "1", MONDAY, patient("good", "{\"family\":\"CANARY\"}"))
        .land();
    TestLake.Export bad = lake.export("e2", TUESDAY);
    for (String id : List.of("CANARY-1", "CANARY-2")) {
      bad.resource("Patient", id, "CANARY", TUESDAY, patient(id, "{\"family\":\"CANARY\"},{}"));
    }
    bad.resource("Patient", "CANARY-3", "1", TUESDAY, "{CANARY");
    bad.resource(
        "Patient", "CANARY-4", "1", TUESDAY, "{\"resourceType\":\"CANARY\",\"CANARY\":[1]}");
    bad.delete("CANARY/CANARY/CANARY", "Patient/CANARY?name=CANARY").land();
    Path log = folder.resolve("log");

    int exit =
        new ProcessBuilder(
                ChildJvm.command(
                    Jobs.class,
                    List.of("-Dlog4j2.configurationFile=" + shipped("spark/log4j2.properties")),
                    settings().toString()))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();

    assertThat(exit).as(Files.readString(log)).isEqualTo(5);
    assertThat(Files.readString(log))
        .contains("View single keeps its last good rows", "Audit record 4")
        .doesNotContain(Canaries.CANARY);
    assertThat(folder.resolve("lake/metrics/etl/care0/care.json")).exists();
    assertThat(Canaries.in(folder.resolve("lake"), "quarantine"))
        .as("bronze is this test's own, with footers as the test writes them")
        .allMatch(file -> file.startsWith(folder.resolve("lake/bronze")));
    assertThat(Canaries.in(folder.resolve("prometheus"))).isEmpty();
    assertThat(folder.resolve("prometheus/epic_fhir_etl_care.prom")).exists();
    assertThat(lake.rows("named")).as("the name is there to be found").contains("good CANARY");
  }

  private static String patient(String id, String names) {
    return "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"name\":[%s],\"CANARY\":\"CANARY\"}"
        .formatted(id, names);
  }

  private static Path shipped(String file) {
    Path path = Path.of("../conf", file).toAbsolutePath().normalize();
    assertThat(path).exists();
    return path;
  }

  private Path settings() throws IOException {
    Files.createDirectories(folder.resolve("prometheus"));
    return Files.writeString(
        folder.resolve("pipeline.conf"),
        """
        epic-fhir {
          lake = lake, metrics.prometheus-folder = prometheus
          transform {
            views = views, deletion-vectors = off, lock-patience = 1 seconds, leave-out = [named]
            care { file-size = 128 MiB, small-files = 2, retention = 0 days }
          }
        }
        """);
  }

  private void views() throws IOException {
    Files.createDirectories(folder.resolve("views"));
    view("single", "name.family");
    view("named", "name.first().family");
  }

  private void view(String name, String path) throws IOException {
    Files.writeString(
        folder.resolve("views/" + name + ".json"),
        """
        {"resourceType": "ViewDefinition", "name": "%s", "resource": "Patient",
         "select": [{"column": [{"name": "id", "path": "getResourceKey()"},
                                {"name": "one", "path": "%s"}]}]}
        """
            .formatted(name, path));
  }
}
