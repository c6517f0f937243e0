/** The manifest of an export: the files that it lists, and what kind each is. */
package io.epicfhir.extract.bulk.manifest;
