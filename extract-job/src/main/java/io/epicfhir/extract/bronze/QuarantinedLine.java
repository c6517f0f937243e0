package io.epicfhir.extract.bronze;

import org.apache.parquet.io.api.Binary;

/**
 * A row of quarantine: a line, or a piece of one that is too long, verbatim.
 *
 * @param reason why it is here
 * @param sourceFile the file's name
 * @param sourceLine the line's number in it, from 1 on
 * @param part 0, or the number of the piece
 * @param line the reader's bytes, copied when the row is written
 */
public record QuarantinedLine(
    String reason, String sourceFile, long sourceLine, int part, Binary line) {}
