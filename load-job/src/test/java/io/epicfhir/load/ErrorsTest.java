package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.job.AuditLog;
import io.epicfhir.common.job.Job;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.load.postgres.PostgresTarget;
import io.epicfhir.load.postgres.session.Retries;
import io.epicfhir.load.postgres.state.AuditCopy;
import io.epicfhir.load.postgres.state.LoadState;
import io.epicfhir.load.settings.LoadSettings;
import io.epicfhir.load.spi.LakeName;
import io.epicfhir.load.spi.LakeTables;
import io.epicfhir.load.spi.Target;
import io.epicfhir.load.spi.ViewSnapshot;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What no code of ours throws, in the load of one table. */
class ErrorsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"1,heap", "4,heap", "1,linkage", "4,linkage"})
  void anErrorOfOneTableStopsNoOther(int copies, String kind) throws Exception {
    LoadRun load = new LoadRun(folder).with("parallel-copies", "" + copies);
    for (String table : List.of("a", "m", "z")) {
      ViewTables.write(load.lake(), table, plain(), plainRows(3, "x"));
    }
    Error error =
        kind.equals("heap") ? new OutOfMemoryError("of MRN-1") : new NoClassDefFoundError("X");
    ViewTables.spark();

    int status = JobRunner.run(new Failing(error), load.arguments());

    assertThat(status).isEqualTo(1);
    assertThat(load.report().at("/result/refused_views").toString())
        .isEqualTo("{\"m\":\"Cannot load view m: %s\"}".formatted(error.getClass().getName()));
    assertThat(load.error()).isEqualTo("Cannot load view m: " + error.getClass().getName());
    assertThat(load.query("SELECT count(*) FROM {}.a, {}.z")).containsExactly("9");
  }

  /** The load of all tables into a target that one of them is too much for. */
  private record Failing(Error error) implements Job {
    @Override
    public String phase() {
      return "load";
    }

    @Override
    public void run(JobContext context) {
      LoadSettings settings = LoadSettings.from(context.settings());
      try (Target real =
          PostgresTarget.open(
              settings,
              new AuditCopy(
                  new LoadState(settings.stateSchema(), settings.schema()),
                  new AuditLog(context.lake()),
                  LakeName.of(context.lake()),
                  ""),
              context.run().key(),
              new Retries(2, settings.retryPause(), Retries::sleep),
              context.recorder()::note)) {
        new ViewLoads(
                context,
                new Verification(settings.verifyEvery(), List.of()),
                context::spark,
                failing(real))
            .run(LakeTables.of(context.lake(), context.recorder()::note), List.of());
      }
    }

    private Target failing(Target real) {
      return (Target)
          Proxy.newProxyInstance(
              Target.class.getClassLoader(),
              new Class<?>[] {Target.class},
              (proxy, method, values) -> {
                if (method.getName().equals("standing")
                    && ((ViewSnapshot) values[0]).name().equals("m")) {
                  throw error;
                }
                try {
                  return method.invoke(real, values);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    }
  }
}
