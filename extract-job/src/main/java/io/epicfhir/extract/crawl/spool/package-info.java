/**
 * A durable, counted log of received records, kept until bronze has them, so that a crash repeats
 * no request that was answered.
 */
package io.epicfhir.extract.crawl.spool;
