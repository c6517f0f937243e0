/** The searches of a crawl, one a patient and type: which are left, and how each of them went. */
package io.epicfhir.extract.crawl.search;
