/** View tables of the lake into a database that analysts query. */
package io.epicfhir.load;
