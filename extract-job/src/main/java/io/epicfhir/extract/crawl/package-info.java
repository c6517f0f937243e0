/**
 * Extraction by FHIR search, patient by patient, where a site has no bulk export: a crawl from its
 * beginning to its landing.
 */
package io.epicfhir.extract.crawl;
