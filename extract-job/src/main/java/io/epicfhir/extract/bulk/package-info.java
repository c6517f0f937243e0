/** The bulk export of a group: kick-off, status, manifest, and its files into bronze. */
package io.epicfhir.extract.bulk;
