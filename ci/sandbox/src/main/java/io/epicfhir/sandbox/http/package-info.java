/** Requests and replies as the endpoints see them, what they are made of, and the count of them. */
package io.epicfhir.sandbox.http;
