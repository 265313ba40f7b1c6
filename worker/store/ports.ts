import type { NextList } from '#contract/next-lists'

/** One object as a shard store keeps it. */
export type StoredSize = { readonly hash: string; readonly storedBytes: number }

/**
 * Where release objects live: by hash, in the store's own compact form. Evictable; it says nothing about the visitor.
 * Opening never deletes. Every method rejects with RecError `storage-refused`, `put` also with `quota-exceeded`.
 */
export interface ShardStore {
  /** The object's bytes, new memory owned by the caller; undefined when absent or when its stored form cannot be read (it is then removed). */
  get(hash: string): Promise<Uint8Array<ArrayBuffer> | undefined>
  /** Keeps a copy. @returns Bytes that the stored form takes. */
  put(hash: string, bytes: Uint8Array, usedAt: number): Promise<number>
  remove(hashes: readonly string[]): Promise<void>
  /** All objects, least recently used first. */
  sizes(): Promise<StoredSize[]>
  /** Marks objects as used; absent ones are ignored. */
  touch(hashes: readonly string[], usedAt: number): Promise<void>
  /** A small document about the store's release (pointer, decoys); undefined when never written. */
  readState(name: string): Promise<unknown>
  writeState(name: string, value: unknown): Promise<void>
  close(): void
}

/** The kinds of records of a profile; keys are text and records of a kind are read in ascending order of key. */
export const PROFILE_KINDS = ['events', 'snapshots', 'settings', 'outbox', 'batches'] as const

export type ProfileKind = (typeof PROFILE_KINDS)[number]

/** Writes `value` under `key`, or removes the key where the value is undefined. */
export type ProfileChange = { readonly kind: ProfileKind; readonly key: string; readonly value: unknown }

export type ProfileRecord = { readonly key: string; readonly value: unknown }

/**
 * What the visitor's device remembers of its visitor: small, precious, never evicted by us.
 * Every method rejects with RecError `storage-refused` or `quota-exceeded`.
 */
export interface ProfileStore {
  read(kind: ProfileKind): Promise<ProfileRecord[]>
  /** Applies all changes or none. */
  write(changes: readonly ProfileChange[]): Promise<void>
  /** Empties every kind. */
  clear(): Promise<void>
  close(): void
}

/** Lists made beforehand for the page that comes next, by address (`contract/next-lists.ts`). Methods reject where the browser refuses caches. */
export interface ListStore {
  addresses(): Promise<readonly string[]>
  /** Makes these the only lists that are kept; with none, nothing of the store is left. */
  write(lists: ReadonlyMap<string, NextList>): Promise<void>
}
