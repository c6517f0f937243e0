/**
 * Reads and writes the rows of Delta tables: files, deletion vectors, and changes between versions.
 */
package io.epicfhir.transform.delta;
