/** SQLQueries on the lake, and the cases of ci/sql-suite. */
package io.epicfhir.transform.queries;
