package io.epicfhir.common;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.job.JobContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.lang3.StringUtils;
import org.apache.spark.api.java.function.ForeachPartitionFunction;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A patient's name in an exception, wherever a job meets it, with the logging that is shipped. */
class CanaryTest {
  @TempDir Path folder;

  private static final List<String> PLACES = List.of("driver", "thread", "task", "cast");
  private static final String BEGINS = "begins: ";

  /** The jobs, in a process of their own. */
  public static final class Failing {
    private Failing() {}

    /** Fails at each place, with a lake of its own in the folder. */
    public static void main(String... arguments) throws IOException {
      for (String place : PLACES) {
        System.out.println(BEGINS + place);
        Path own = Files.createDirectory(Path.of(arguments[0]).resolve(place));
        int exit = new JobRun(own, "").run(context -> fail(context, place));
        Files.writeString(own.resolve("exit"), String.valueOf(exit));
      }
      System.exit(0);
    }

    private static void fail(JobContext context, String place) throws InterruptedException {
      switch (place) {
        case "driver" ->
            throw new IllegalStateException(
                "Jane CANARY", new IOException("of CANARY/7\nCANARY again"));
        case "thread" -> {
          Thread thread = new Thread(() -> fail());
          thread.start();
          thread.join();
          throw new IllegalStateException();
        }
        case "task" ->
            context
                .spark()
                .range(3)
                .toDF()
                .foreachPartition((ForeachPartitionFunction<Row>) rows -> fail());
        case "cast" ->
            context
                .spark()
                .range(3)
                .selectExpr("cast(concat('CANARY', id) as int) as number")
                .write()
                .parquet(context.lake().paths().at("out").toString());
        default -> throw new IllegalArgumentException(place);
      }
    }

    private static void fail() {
      throw new IllegalStateException("Jane CANARY", new IOException("CANARY"));
    }
  }

  @Test
  void aDefectTellsItsClassAndPlaceAndKeepsItsTraceInTheLake() throws Exception {
    Path log = folder.resolve("log");
    Path shipped = Path.of("../conf/spark/log4j2.properties").toAbsolutePath().normalize();
    assertThat(shipped).exists();
    new ProcessBuilder(
            ChildJvm.command(
                Failing.class, List.of("-Dlog4j2.configurationFile=" + shipped), folder.toString()))
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start()
        .waitFor();

    String told = Files.readString(log);
    assertThat(told).doesNotContain(Canaries.CANARY);
    for (String place : PLACES) {
      Path own = folder.resolve(place);
      assertThat(own.resolve("exit")).as(told).hasContent("1");
      assertThat(StringUtils.substringBetween(told + BEGINS, BEGINS + place, BEGINS))
          .as(place)
          .contains("Exception", "io.epicfhir.common.CanaryTest$Failing.fail");
      Path trace = own.resolve("lake/traces/d/r/count-1.txt");
      assertThat(trace).exists();
      assertThat(Canaries.in(own.resolve("lake")))
          .isEqualTo(place.equals("thread") ? List.of() : List.of(trace));
    }
  }
}
