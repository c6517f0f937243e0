/** From the spool to rows of bronze, type by type; what is counted, told and refused of it. */
package io.epicfhir.extract.crawl.landing;
