/**
 * Where everything lies in the lake, how an export becomes visible, and locks for those who write.
 */
package io.epicfhir.common.lake;
