/** Decides whether an export may land, and what to warn about. */
package io.epicfhir.extract.bulk.judgement;
