/** Connections to PostgreSQL: who, with which waits, and what may break off. */
package io.epicfhir.load.postgres.session;
