/**
 * Connections to PostgreSQL: access, lock timeouts, retries, and failures without data in their
 * messages.
 *
 * <p>{@code PostgresSession.lock} waits {@code load.lock-patience} for the other loader's advisory
 * lock; after that, any statement of the session waits {@code load.swap-timeout} for a lock. {@code
 * PostgresLoad.patiently} sets {@code load.swap-timeout} for one try of a transaction, and retries
 * until the rest of {@code load.lock-patience} has passed.
 */
package io.epicfhir.load.postgres.session;
