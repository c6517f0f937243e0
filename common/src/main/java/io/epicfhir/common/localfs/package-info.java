/**
 * Local disks: who may read what is written, and failures that are reported as those of any other
 * storage.
 */
package io.epicfhir.common.localfs;
