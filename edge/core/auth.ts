import { RecError } from '#contract/errors'
import { sha256Hex } from './base64url.ts'
import type { Scope, Site } from './sites.ts'

/**
 * Finds the token of a request among the site's and checks its scope.
 * All hashes are compared to their end, so that time tells nothing.
 * @returns The token's name, for the audit log.
 * @throws RecError `unauthorised`, `forbidden`
 */
export async function authorise(request: Request, site: Site | undefined, scope: Scope): Promise<string> {
  const header = request.headers.get('authorization') ?? ''
  const match = /^Bearer ([\w.~+/=-]{1,512})$/i.exec(header)
  const hash = await sha256Hex(match?.[1] ?? '')
  let found: Site['tokens'][number] | undefined
  for (const token of site?.tokens ?? []) if (isEqual(token.hash, hash)) found = token
  if (match === null || found === undefined) throw new RecError('unauthorised', 'the bearer token is missing or wrong')
  if (!found.scopes.includes(scope)) throw new RecError('forbidden', `the token does not have the scope ${scope}`)
  return found.name
}

function isEqual(a: string, b: string): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i % b.length)
  return difference === 0
}
