package io.epicfhir.extract.bronze;

import io.epicfhir.common.lake.Landing;

/**
 * A Parquet file that is written and whole, and not yet visible.
 *
 * @param type the resource type of its lines
 * @param kind what its lines are
 * @param path where it lies
 * @param rows how many there are in it
 * @param bytes its size
 */
public record StagedFile(String type, Landing.Kind kind, String path, long rows, long bytes) {}
