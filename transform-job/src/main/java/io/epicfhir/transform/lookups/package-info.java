/** Lookups: small tables of files and FHIR terminology resources, kept in the lake. */
package io.epicfhir.transform.lookups;
