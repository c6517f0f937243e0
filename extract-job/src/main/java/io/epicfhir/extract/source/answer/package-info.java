/** Classifies a response: read, refused, or retry. Messages never name a patient. */
package io.epicfhir.extract.source.answer;
