/** Removes patients from the lake, keeps them out, and proves it. */
package io.epicfhir.transform.erase;
