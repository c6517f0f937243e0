/**
 * SQL-on-FHIR v2: a ViewDefinition's JSON becomes a plan of Spark columns over one pruned, exact
 * parse of the resources. VIEWS.md of this module shows the way through the files.
 */
package io.epicfhir.transform.views;
