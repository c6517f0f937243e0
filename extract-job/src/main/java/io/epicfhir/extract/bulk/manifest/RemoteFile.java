package io.epicfhir.extract.bulk.manifest;

import java.io.Serializable;
import java.net.URI;

/**
 * A file of a manifest.
 *
 * @param kind which list it stands in
 * @param type the resource type of its lines
 * @param name its path at the server without host and query, which may hold a signature
 * @param url where it is
 * @param count the lines that the server announced; null where it did not
 */
public record RemoteFile(FileKind kind, String type, String name, URI url, Long count)
    implements Serializable {}
