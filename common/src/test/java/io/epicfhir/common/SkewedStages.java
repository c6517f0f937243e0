package io.epicfhir.common;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.repeat;
import static org.apache.spark.sql.functions.sha2;
import static org.apache.spark.sql.functions.when;

import io.epicfhir.common.report.StageRecorder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.SparkSession;

/**
 * Real stages behind a shuffle, of eight partitions alike or one of them three times as large as
 * each other one, as the run report tells of them; for the benchmark of what the checks see.
 */
final class SkewedStages {
  private static final int STAGES = 90;
  private static final int PARTITIONS = 8;
  private static final int HEAVY = 3;
  private static final long ROWS = 8_000;
  private static final long WAIT_MILLIS = 30_000;
  private static final String[] GROUPS = {
    "silver Observation", "view observation", "silver Encounter", "load patient"
  };

  private SkewedStages() {}

  /** Arguments: the JSON file to write, a seed. */
  public static void main(String[] args) throws Exception {
    Random random = new Random(Long.parseLong(args[1]));
    SparkSession spark =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.adaptive.enabled", "false")
            .getOrCreate();
    List<Map<String, Object>> made = new ArrayList<>();
    for (int i = 0; i <= STAGES; i++) {
      Integer heavy = i % 3 == 0 ? null : random.nextInt(PARTITIONS);
      Map<String, Object> one = stage(spark, GROUPS[random.nextInt(GROUPS.length)], heavy);
      if (i > 0) { // the first one compiles
        made.add(one);
      }
    }
    spark.stop();
    write(Path.of(args[0]), made);
  }

  private static void write(Path file, List<Map<String, Object>> made) throws IOException {
    Files.writeString(file, Json.write(made));
  }

  private static Map<String, Object> stage(SparkSession spark, String group, Integer heavy)
      throws Exception {
    StageRecorder recorder = new StageRecorder();
    spark.sparkContext().addSparkListener(recorder);
    spark.sparkContext().setJobGroup(group, "", false);
    long shares = heavy == null ? PARTITIONS : PARTITIONS - 1 + HEAVY;
    spark
        .range(0, ROWS * shares, 1, 2)
        .repartitionById(PARTITIONS, partition(heavy, shares))
        .select(work())
        .write()
        .format("noop")
        .mode("overwrite")
        .save();
    spark.sparkContext().listenerBus().waitUntilEmpty(WAIT_MILLIS);
    spark.sparkContext().removeSparkListener(recorder);
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put(
        "stage",
        recorder.finished().stream()
            .filter(s -> s.tasks() == PARTITIONS)
            .findFirst()
            .orElseThrow());
    answer.put("heavy", heavy);
    return answer;
  }

  /** Of every so many rows one for each partition, and three for the heavy one. */
  private static Column partition(Integer heavy, long shares) {
    Column share = col("id").mod(lit(shares));
    if (heavy != null) {
      share = when(share.geq(lit(PARTITIONS)), lit((long) heavy)).otherwise(share);
    }
    return share.cast("int");
  }

  /** As much for each row. */
  private static Column work() {
    Column text = col("id").cast("string");
    for (int i = 0; i < 6; i++) {
      text = sha2(repeat(text, 8), 512);
    }
    return text;
  }
}
