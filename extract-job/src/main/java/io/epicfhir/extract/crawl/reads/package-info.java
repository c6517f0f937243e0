/**
 * Resources that are read by their ids: what others refer to, documents, and what no search finds
 * any more.
 */
package io.epicfhir.extract.crawl.reads;
