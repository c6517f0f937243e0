/** What a bulk export only refers to: found in its files, read by its id, and landed with it. */
package io.epicfhir.extract.crawl.references;
