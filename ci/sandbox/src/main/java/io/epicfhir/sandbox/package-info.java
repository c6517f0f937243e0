/**
 * A FHIR server that refuses what a real Epic site refuses, counts what it was asked and fails on
 * demand. Here its parts are put together; no part knows this package. Reading order: {@link
 * io.epicfhir.sandbox.SandboxServer}, {@link io.epicfhir.sandbox.front.Service}, Router, {@link
 * io.epicfhir.sandbox.auth.TokenEndpoint}, {@link io.epicfhir.sandbox.bulk.BulkExports}, {@link
 * io.epicfhir.sandbox.search.SearchEndpoint}, {@link io.epicfhir.sandbox.store.ResourceStore},
 * {@link io.epicfhir.sandbox.faults.FaultPlan}.
 */
package io.epicfhir.sandbox;
