/** Names and parameters in SQL. */
package io.epicfhir.load.sql;
