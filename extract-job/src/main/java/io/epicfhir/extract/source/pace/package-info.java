/** Limits requests: concurrency, pauses and retries. */
package io.epicfhir.extract.source.pace;
