/**
 * Silver: weighs what the exports say of each resource, and commits all changes to one Delta table.
 */
package io.epicfhir.transform.silver;
