/**
 * The log of a Delta table, read and written without Spark. The only package that knows Delta
 * Kernel, whose interfaces are still moving: no type of it leaves here. A job that calls this
 * package brings {@code delta-kernel-api}, {@code delta-kernel-defaults} and {@code delta-storage}.
 */
package io.epicfhir.common.delta;
