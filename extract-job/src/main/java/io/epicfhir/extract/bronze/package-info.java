/** Lines of bytes become rows of bronze or of quarantine, each byte as it came. */
package io.epicfhir.extract.bronze;
