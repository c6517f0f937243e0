package io.epicfhir.extract.bulk;

import io.epicfhir.common.StateFile;
import io.epicfhir.extract.bronze.StagedFile;
import java.util.List;

/**
 * One file of the export that is taken in for good.
 *
 * @param result its counts
 * @param bronze the Parquet files of its resources
 * @param quarantine the Parquet files of its lines that could not be taken in
 */
record FileReceipt(FileResult result, List<StagedFile> bronze, List<StagedFile> quarantine)
    implements StateFile {}
