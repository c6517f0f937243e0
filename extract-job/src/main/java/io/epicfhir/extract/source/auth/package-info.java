/**
 * Sign-in by SMART Backend Services: where the token comes from, the signed assertion, and what was
 * granted.
 */
package io.epicfhir.extract.source.auth;
