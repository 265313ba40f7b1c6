import type { Encoding } from '../core/ports.ts'

/** Where each encoding of an object lies in the bucket. */
export function objectKeys(site: string, hash: string): Readonly<Record<Encoding, string>> {
  const key = `${site}/${hash}`
  return { identity: key, br: `${key}.br`, gzip: `${key}.gz` }
}
