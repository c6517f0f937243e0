/**
 * The FHIR server as the rest of the job sees it: one client per JVM, its capabilities, and whether
 * a run still needs it.
 */
package io.epicfhir.extract.source;
