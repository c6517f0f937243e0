package io.epicfhir.load.spi;

/**
 * What a load moved.
 *
 * @param rows rows copied, as the target counted them
 * @param bytes sent to the target
 * @param nulReplaced how often U+FFFD took the place of U+0000
 */
public record Loaded(long rows, long bytes, long nulReplaced) {}
