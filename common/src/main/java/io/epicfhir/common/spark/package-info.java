/** The Spark session of a job, its scratch folders and its access to the lake. */
package io.epicfhir.common.spark;
