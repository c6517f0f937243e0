/** The export of a group: kick-off, status, manifest, and its files. */
package io.epicfhir.sandbox.bulk;
