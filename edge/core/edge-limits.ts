import { LIMITS } from '#contract/limits'

const DAY_MS = 86_400_000

/** Limits of the edge alone; those shared with writers and readers are in `contract/limits.ts`. */
export const EDGE_LIMITS = {
  objectBytes: LIMITS.objectBytes,
  eventBatchBytes: LIMITS.eventBatchBytes,
  /** Objects of one publication, and hashes of one question about missing ones. */
  objectsPerPublication: 65_536,
  /** JSON body of an admin request: 65,536 hashes and some. */
  adminBodyBytes: 5 * 2 ** 20,
  /** JSON body of a backup, and publications in it. */
  backupBytes: 64 * 2 ** 20,
  backupPublications: 10_000,
  /** Events may be this much ahead of the edge's clock. */
  eventFutureMs: DAY_MS,
  /** Raw events are refused and deleted beyond this age. */
  eventAgeMs: 30 * DAY_MS,
  /** An object that no release needs is kept this long after it was last uploaded or asked for. */
  gcGraceMs: DAY_MS,
  /** Releases kept per channel besides the live one. */
  keptReleases: 3,
  /** Largest page of an export, in rows (batches), and of the audit log. */
  exportRows: 1_000,
  auditRows: 1_000,
  /** Reason of a move, UTF-16 units. */
  reasonChars: 300,
  /** Feedback reports of one network (IPv4 /24, IPv6 /48) to one site in a day, UTC. */
  reportsPerDay: 64,
  /** A changed state is read and tried again this often before `conflict`. */
  commitTries: 8,
} as const

/** How fast one site takes batches unless its configuration says otherwise. */
export const DEFAULT_RATES = {
  /** Of one network (IPv4 /24, IPv6 /48), batches. */
  clientPerSecond: 20,
  clientBurst: 400,
  /** Of the whole site. */
  sitePerSecond: 5_000,
  siteBurst: 20_000,
} as const
