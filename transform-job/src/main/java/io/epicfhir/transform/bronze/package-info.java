/** Bronze after it landed: what is taken out of its files, and how. */
package io.epicfhir.transform.bronze;
