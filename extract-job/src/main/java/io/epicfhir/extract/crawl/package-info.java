/** Extraction by FHIR search, patient by patient, where a site has no bulk export. */
package io.epicfhir.extract.crawl;
