/** What the pipeline itself notes in the database. */
package io.epicfhir.load.postgres.state;
