package io.epicfhir.common.report;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.repeat;
import static org.apache.spark.sql.functions.sha2;
import static org.apache.spark.sql.functions.when;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobRun;
import io.epicfhir.common.job.JobContext;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.spark.sql.Column;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the report says of a stage whose partitions are uneven, or whose tasks all fail. */
class StageSpreadTest {
  private static final int HEAVY = 5;

  @TempDir Path folder;

  @Test
  void thePartitionWithMostOfTheRowsIsNamedAndTheSpreadShowsIt() throws IOException {
    JobRun jobRun = new JobRun(folder, "");
    int exit =
        jobRun.run(
            context -> {
              digests(context, "warm");
              digests(context, "measured");
            });
    assertThat(exit).isZero();

    JsonNode stage = lastOf(jobRun.report(), "measured");
    assertThat(stage.at("/tasks").asInt()).isEqualTo(8);
    assertThat(stage.at("/records").toString())
        .isEqualTo("{\"min\":40,\"p50\":40,\"p95\":1240,\"max\":1240}");
    assertThat(stage.at("/bytes/min").asLong()).isPositive();
    assertThat(stage.at("/bytes/max").asLong()).isGreaterThan(3 * stage.at("/bytes/p50").asLong());
    assertThat(stage.at("/heaviest/partition").asInt()).isEqualTo(HEAVY);
    assertThat(stage.at("/heaviest/records").asLong()).isEqualTo(1240);
    JsonNode slowest = stage.at("/slowest");
    assertThat(slowest.at("/partition").asInt()).isEqualTo(HEAVY);
    assertThat(slowest.at("/records").asLong()).isEqualTo(1240);
    assertThat(slowest.at("/bytes")).isEqualTo(stage.at("/bytes/max"));
    assertThat(slowest.at("/duration_ms")).isEqualTo(stage.at("/duration_ms/max"));
    assertThat(slowest.at("/gc_ms").asLong(-1)).isNotNegative();
    assertThat(slowest.at("/host").asText()).isNotEmpty();
  }

  /** 1520 rows in 8 partitions: 1240 in one, 40 in each other; each row costs the same. */
  private static void digests(JobContext context, String group) {
    Column id = col("id");
    Column partition = when(id.lt(1200), lit(HEAVY)).otherwise(id.mod(8).cast("int"));
    context.spark().sparkContext().setJobGroup(group, "", false);
    context
        .spark()
        .range(0, 1520, 1, 2)
        .repartitionById(8, partition)
        .select(sha2(repeat(id.cast("string"), 20_000), 512))
        .write()
        .format("noop")
        .mode("overwrite")
        .save();
  }

  @Test
  void aStageWithoutASuccessfulTaskHasNoSlowestOne() throws IOException {
    JobRun jobRun = new JobRun(folder, "");
    int exit =
        jobRun.run(
            context -> {
              context.spark().sparkContext().setJobGroup("fails", "", false);
              context
                  .spark()
                  .range(0, 1, 1, 1)
                  .selectExpr("assert_true(id > 5)")
                  .write()
                  .format("noop")
                  .mode("overwrite")
                  .save();
            });
    assertThat(exit).isEqualTo(ExitCode.DEFECT.number());

    JsonNode stage = lastOf(jobRun.report(), "fails");
    assertThat(stage.at("/failed_tasks").asInt()).isEqualTo(1);
    assertThat(stage.has("slowest")).isTrue();
    assertThat(stage.at("/slowest").isNull()).isTrue();
    assertThat(stage.at("/heaviest").isNull()).isTrue();
    assertThat(stage.at("/records/max").asLong(-1)).isZero();
  }

  private static JsonNode lastOf(JsonNode report, String group) {
    JsonNode last = null;
    for (JsonNode stage : report.at("/stages")) {
      last = stage.at("/job_group").asText().equals(group) ? stage : last;
    }
    assertThat(last).as("a stage of group " + group).isNotNull();
    return last;
  }
}
