package io.epicfhir.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.api.java.function.ForeachPartitionFunction;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A patient's name in an exception, wherever a job meets it, with the logging that is shipped. */
class CanaryTest {
  @TempDir Path folder;

  /** The job, in a process of its own. */
  public static final class Failing {
    private Failing() {}

    /** Begins with the folder and the place of the failure. */
    public static void main(String... arguments) throws IOException {
      System.exit(
          new JobRun(Path.of(arguments[0]), "").run(context -> fail(context, arguments[1])));
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

  @ParameterizedTest
  @ValueSource(strings = {"driver", "thread", "task", "cast"})
  void aDefectTellsItsClassAndPlaceAndKeepsItsTraceInTheLake(String place) throws Exception {
    Path log = folder.resolve("log");
    Path shipped = Path.of("../conf/spark/log4j2.properties").toAbsolutePath().normalize();
    assertThat(shipped).exists();
    int exit =
        new ProcessBuilder(
                ChildJvm.command(
                    Failing.class,
                    List.of("-Dlog4j2.configurationFile=" + shipped),
                    folder.toString(),
                    place))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();

    String told = Files.readString(log);
    assertThat(exit).as(told).isEqualTo(1);
    assertThat(told).contains("Exception", "io.epicfhir.common.CanaryTest$Failing.fail");
    assertThat(told).doesNotContain(Canaries.CANARY);
    List<Path> holding = Canaries.in(folder.resolve("lake"));
    Path trace = folder.resolve("lake/traces/d/r/count-1.txt");
    assertThat(trace).exists();
    assertThat(holding).isEqualTo(place.equals("thread") ? List.of() : List.of(trace));
  }
}
