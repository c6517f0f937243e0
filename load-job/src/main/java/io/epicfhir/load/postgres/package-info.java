/** The target PostgreSQL: whole tables, changed rows, rights, refused values. */
package io.epicfhir.load.postgres;
