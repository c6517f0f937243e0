/** The block {@code load} of the settings. */
package io.epicfhir.load.settings;
