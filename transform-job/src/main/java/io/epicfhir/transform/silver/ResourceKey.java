package io.epicfhir.transform.silver;

import org.apache.spark.unsafe.types.UTF8String;

/** What names a resource. */
record ResourceKey(String type, UTF8String id) {}
