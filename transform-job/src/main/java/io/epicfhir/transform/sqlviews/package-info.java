/**
 * SQLViews as people write them: read, checked by Spark's own parser and analyser, and put in
 * order. Nothing here knows a table.
 */
package io.epicfhir.transform.sqlviews;
