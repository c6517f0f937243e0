package io.epicfhir.load;

/**
 * What a load moved.
 *
 * @param rows rows copied, as the database counted them
 * @param bytes sent to the database
 * @param nulReplaced how often U+FFFD took the place of U+0000
 */
record Loaded(long rows, long bytes, long nulReplaced) {}
