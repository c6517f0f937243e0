/**
 * The FHIR server as the rest of the job sees it: one client a JVM, what the server says that it
 * can do, and whether a run still has to ask it.
 */
package io.epicfhir.extract.source;
