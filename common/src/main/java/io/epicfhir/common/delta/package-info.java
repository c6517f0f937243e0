/**
 * Reads and writes the log of a Delta table without Spark. This is the only package that uses Delta
 * Kernel, whose API is not stable yet: no Kernel type leaves this package. A job that calls this
 * package must add {@code delta-kernel-api}, {@code delta-kernel-defaults} and {@code
 * delta-storage}.
 */
package io.epicfhir.common.delta;
