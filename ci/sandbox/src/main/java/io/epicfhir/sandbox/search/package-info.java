/** Searches with their pages, and reads, as narrow as a site grants them. */
package io.epicfhir.sandbox.search;
