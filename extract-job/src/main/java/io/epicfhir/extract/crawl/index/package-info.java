/** What the last crawl saw, as digests, and what of it has changed since. */
package io.epicfhir.extract.crawl.index;
