/** SQLQueries: statements with named parameters that people run on the lake or on the database. */
package io.epicfhir.common.query;
