package io.epicfhir.transform.silver;

import io.epicfhir.common.lake.Lake;
import java.util.function.Supplier;
import org.apache.spark.sql.SparkSession;

/**
 * What each step of one update of silver works with.
 *
 * @param spark asked only where Spark is needed
 * @param problems what the steps find
 * @param missing what silver may hold, and no landing shows
 * @param notes keeps what only this try can count
 * @param signature of the commits
 */
record SilverWork(
    Lake lake,
    Supplier<SparkSession> spark,
    SilverSettings settings,
    SilverTable table,
    SilverProblems problems,
    MissingLandings missing,
    RunNotes notes,
    String signature) {}
