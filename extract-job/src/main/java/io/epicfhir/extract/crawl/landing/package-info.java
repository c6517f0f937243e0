/**
 * Moves spooled records into bronze, type by type; counts them, and reports or rejects what is
 * wrong.
 */
package io.epicfhir.extract.crawl.landing;
