package io.epicfhir.extract.bronze;

import org.apache.parquet.io.api.Binary;

/**
 * A row of bronze.
 *
 * @param head what stands beside the bytes
 * @param line the reader's bytes, copied when the row is written
 * @param sourceFile the file's name
 * @param sourceLine the line's number in it, from 1 on
 */
public record BronzeLine(LineHead head, Binary line, String sourceFile, long sourceLine) {}
