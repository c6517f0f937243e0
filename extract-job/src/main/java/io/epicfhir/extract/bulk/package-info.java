/** The bulk export of a group from its end at the server to its landing in bronze. */
package io.epicfhir.extract.bulk;
