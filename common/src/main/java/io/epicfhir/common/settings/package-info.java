/**
 * The settings files: HOCON with the environment's overrides, all problems at once, and what the
 * DAGs need of them.
 */
package io.epicfhir.common.settings;
