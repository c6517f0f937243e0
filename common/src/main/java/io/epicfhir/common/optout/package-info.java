/** Whose records were erased and stay out: what names them in a text, and the list of them. */
package io.epicfhir.common.optout;
