package io.epicfhir.sandbox;

import com.nimbusds.jose.jwk.JWKSet;
import io.epicfhir.sandbox.auth.TokenOptions;
import io.epicfhir.sandbox.bulk.ExportOptions;
import io.epicfhir.sandbox.bulk.FileServing;
import io.epicfhir.sandbox.bulk.KickOffs;
import io.epicfhir.sandbox.epic.Behaviour;
import io.epicfhir.sandbox.search.SearchOptions;
import io.epicfhir.sandbox.search.SiteSearches;
import io.epicfhir.sandbox.store.Groups;
import io.epicfhir.sandbox.store.SiteChanges;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** How the sandbox behaves. Every setter returns this; what is not set has the default below. */
public final class SandboxOptions {
  final Path data;
  int port;
  String groupId = "sandbox-group";
  String clientId = "sandbox-client";
  JWKSet clientKeys = new JWKSet();
  Set<String> grantedScopes = Set.of("system/*.read", "system/*.rs");
  Duration tokenLifetime = Duration.ofHours(1);
  Duration exportTime = Duration.ofSeconds(2);
  Duration retryAfter = Duration.ofSeconds(1);
  Duration fileLifetime = Duration.ofHours(24);
  long maxFileBytes = Long.MAX_VALUE;
  int maxFileLines = Integer.MAX_VALUE;
  final KickOffs kickOffs = new KickOffs();
  Map<String, Set<String>> groups = Map.of();
  int dealtGroups;
  int filesAPage = Integer.MAX_VALUE;
  Set<FileServing> files = EnumSet.noneOf(FileServing.class);
  Optional<Path> certificate = Optional.empty();
  int maxInFlight = Integer.MAX_VALUE;
  final SiteSearches searches = new SiteSearches();
  Duration latency = Duration.ZERO;
  Set<Behaviour> behaviours = EnumSet.noneOf(Behaviour.class);
  Clock clock = Clock.systemUTC();

  private SandboxOptions(Path data) {
    this.data = data;
  }

  /** The folder of NDJSON files to serve. */
  public static SandboxOptions of(Path data) {
    return new SandboxOptions(data);
  }

  /** 0, the default, is any free port. */
  public SandboxOptions port(int value) {
    port = value;
    return this;
  }

  /** The group of all patients of the folder. */
  public SandboxOptions groupId(String value) {
    groupId = value;
    return this;
  }

  /** Groups of some patients, by id. What has no patient is in the export of each. */
  public SandboxOptions groups(Map<String, Set<String>> value) {
    groups = Map.copyOf(value);
    return this;
  }

  /** The patients dealt to so many groups, {@code group-1} and so on. */
  public SandboxOptions groups(int number) {
    dealtGroups = number;
    return this;
  }

  /** The client and its public keys. */
  public SandboxOptions client(String id, JWKSet publicKeys) {
    clientId = id;
    clientKeys = publicKeys;
    return this;
  }

  /** What a token can get at most; a request for more gets a narrower token. */
  public SandboxOptions grantedScopes(Set<String> value) {
    grantedScopes = Set.copyOf(value);
    return this;
  }

  /** Default one hour, as in Epic's example. */
  public SandboxOptions tokenLifetime(Duration value) {
    tokenLifetime = value;
    return this;
  }

  /** How long a status URL answers 202; zero is ready at once. Default 2 s. */
  public SandboxOptions exportTime(Duration value) {
    exportTime = value;
    return this;
  }

  /** The Retry-After of a status answer, in whole seconds. Default 1 s. */
  public SandboxOptions retryAfter(Duration value) {
    retryAfter = value;
    return this;
  }

  /** How long an export's files can be had. Default 24 h. */
  public SandboxOptions fileLifetime(Duration value) {
    fileLifetime = value;
    return this;
  }

  /** A type's lines go to more files above these limits. */
  public SandboxOptions fileLimits(long bytes, int lines) {
    maxFileBytes = bytes;
    maxFileLines = lines;
    return this;
  }

  /** Sets which kick-offs are taken. */
  public SandboxOptions kickOffs(Consumer<KickOffs> how) {
    how.accept(kickOffs);
    return this;
  }

  /** A manifest with more files goes to more pages. */
  public SandboxOptions filesAPage(int value) {
    filesAPage = value;
    return this;
  }

  /** How the files of exports are served. */
  public SandboxOptions files(FileServing... how) {
    files.addAll(List.of(how));
    return this;
  }

  /** https, with a self-signed certificate that is made at start and written there as PEM. */
  public SandboxOptions tls(Path certificateFile) {
    certificate = Optional.of(certificateFile);
    return this;
  }

  /** More FHIR requests at one time than this get 429. */
  public SandboxOptions maxInFlight(int value) {
    maxInFlight = value;
    return this;
  }

  /** Sets what can be searched and read. */
  public SandboxOptions searches(Consumer<SiteSearches> how) {
    how.accept(searches);
    return this;
  }

  /** Every request takes at least this long. */
  public SandboxOptions latency(Duration value) {
    latency = value;
    return this;
  }

  /** The profile {@code cerner}. */
  public SandboxOptions cerner() {
    behaviours.addAll(Behaviour.cerner());
    return this;
  }

  /** The profile {@code epic}. */
  public SandboxOptions epic() {
    behaviours.addAll(Behaviour.epic());
    return this;
  }

  /** Some behaviours of Epic. */
  public SandboxOptions with(Behaviour... some) {
    behaviours.addAll(List.of(some));
    return this;
  }

  /** All but some of the behaviours that are switched on. */
  public SandboxOptions without(Behaviour... some) {
    behaviours.removeAll(List.of(some));
    return this;
  }

  /** The server's clock: token and export times follow it. */
  public SandboxOptions clock(Clock value) {
    clock = value;
    return this;
  }

  boolean behaves(Behaviour behaviour) {
    return behaviours.contains(behaviour);
  }

  TokenOptions tokens() {
    return new TokenOptions(behaviours, grantedScopes, tokenLifetime);
  }

  SearchOptions searches() {
    return searches.options(behaviours, clock);
  }

  ExportOptions exports() {
    return new ExportOptions(
        behaviours,
        clock,
        exportTime,
        retryAfter,
        fileLifetime,
        maxFileBytes,
        maxFileLines,
        filesAPage,
        kickOffs,
        files);
  }

  Groups siteGroups(SiteChanges changes) {
    return new Groups(groupId, groups, dealtGroups, changes);
  }
}
