package io.epicfhir.load.spi;

/**
 * How a load ended.
 *
 * @param copied what it moved
 * @param rows how many rows the table has, counted in it by the load itself; a program that changes
 *     them after it is noticed by the next one
 */
public record LoadResult(Loaded copied, long rows) {}
