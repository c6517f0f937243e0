/** The dialogue with the server about an export: kick-off, status, the end of it. */
package io.epicfhir.extract.bulk.export;
