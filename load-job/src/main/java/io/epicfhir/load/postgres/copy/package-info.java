/** Rows on their way into PostgreSQL, by COPY over several connections. */
package io.epicfhir.load.postgres.copy;
