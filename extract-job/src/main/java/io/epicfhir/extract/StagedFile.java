package io.epicfhir.extract;

/**
 * A Parquet file that is written and not yet visible.
 *
 * @param type the resource type of its lines
 * @param kind which list of the manifest they come from
 * @param path where it lies
 * @param rows how many there are in it
 * @param bytes its size
 */
record StagedFile(String type, FileKind kind, String path, long rows, long bytes) {}
