/** Bulk export of a group, from its completion on the server to bronze. */
package io.epicfhir.extract.bulk;
