/** SMART Backend Services: clients with their keys, assertions, scopes and access tokens. */
package io.epicfhir.sandbox.auth;
