/**
 * The plain text of documents: HTML, RTF, PDF, plain text, XML and C-CDA. It knows no FHIR and no
 * Spark.
 */
package io.epicfhir.transform.documents;
