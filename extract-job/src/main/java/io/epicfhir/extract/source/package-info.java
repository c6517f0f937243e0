/**
 * Speaks to the FHIR server: sign-in, pooled connections, retries, limits, and what an answer
 * means.
 */
package io.epicfhir.extract.source;
