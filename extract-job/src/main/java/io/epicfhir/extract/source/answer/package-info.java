/**
 * What an answer means: read, refused, or to be asked for again. No word of it may name a patient.
 */
package io.epicfhir.extract.source.answer;
