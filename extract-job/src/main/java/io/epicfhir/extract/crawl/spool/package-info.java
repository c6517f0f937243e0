/**
 * What came, durable record by record until bronze has it, and counted: after a crash it is not
 * asked for again.
 */
package io.epicfhir.extract.crawl.spool;
