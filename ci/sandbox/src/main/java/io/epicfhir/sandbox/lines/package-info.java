/** The lines of the served files, byte for byte, and what searches look at in each. */
package io.epicfhir.sandbox.lines;
