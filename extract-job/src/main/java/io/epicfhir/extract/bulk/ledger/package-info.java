/**
 * Records of exports and groups: what was requested, what arrived, and the next export's _since.
 */
package io.epicfhir.extract.bulk.ledger;
