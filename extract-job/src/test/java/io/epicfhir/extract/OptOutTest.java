package io.epicfhir.extract;
