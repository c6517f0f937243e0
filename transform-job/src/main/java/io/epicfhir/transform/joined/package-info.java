/** Joined tables: the Delta tables of SQLViews, kept current whole or by their keys. */
package io.epicfhir.transform.joined;
