/**
 * Bronze to silver to views: the newest version of each resource in one Delta table a type, and the
 * rows of each ViewDefinition in one Delta table a view.
 */
package io.epicfhir.transform;
