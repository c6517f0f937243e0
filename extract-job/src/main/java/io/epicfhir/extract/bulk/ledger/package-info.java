/**
 * What is written down of exports and groups: what was asked for, what came, and since when the
 * next export asks.
 */
package io.epicfhir.extract.bulk.ledger;
