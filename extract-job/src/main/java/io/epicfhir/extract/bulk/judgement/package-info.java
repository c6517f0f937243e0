/** Whether what came may land, and what a person should be warned of. */
package io.epicfhir.extract.bulk.judgement;
