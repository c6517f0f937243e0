/** A first look at a site: tries what the settings ask for, and says which settings fit. */
package io.epicfhir.extract.preflight;
