/** Requests for pages, resources and documents, and the threads that send them side by side. */
package io.epicfhir.extract.crawl.fetch;
