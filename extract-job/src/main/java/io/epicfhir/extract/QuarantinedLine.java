package io.epicfhir.extract;

/**
 * A row of quarantine: a line, or a piece of one that is too long, verbatim.
 *
 * @param reason why it is here
 * @param sourceFile the file's name
 * @param sourceLine the line's number in it, from 1 on
 * @param part 0, or the number of the piece
 * @param buffer holds the bytes; the reader's, copied when the row is written
 * @param offset where they begin
 * @param length how many there are
 */
record QuarantinedLine(
    String reason,
    String sourceFile,
    long sourceLine,
    int part,
    byte[] buffer,
    int offset,
    int length) {}
