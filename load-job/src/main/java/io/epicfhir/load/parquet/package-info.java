/** The target of those who have no server: plain Parquet files. */
package io.epicfhir.load.parquet;
