package io.epicfhir.extract;

/**
 * A row of bronze; its bytes are the reader's and are copied when it is written.
 *
 * @param head what stands beside the bytes
 * @param buffer holds the line
 * @param offset where it begins
 * @param length how long it is
 * @param sourceFile the file's name
 * @param sourceLine the line's number in it, from 1 on
 */
record BronzeLine(
    LineHead head, byte[] buffer, int offset, int length, String sourceFile, long sourceLine) {}
