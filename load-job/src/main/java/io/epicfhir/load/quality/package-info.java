/** Data-quality checks: SQL files that return the bad rows, and what they found. */
package io.epicfhir.load.quality;
