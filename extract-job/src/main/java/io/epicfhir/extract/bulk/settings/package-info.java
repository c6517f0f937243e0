/** The block {@code bulk} of the settings. */
package io.epicfhir.extract.bulk.settings;
