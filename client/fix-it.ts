import type { ErrorCode } from '#contract/errors'
import { make } from './dom.ts'
import type { Recommender } from './recommender.ts'

/** An error as shelves tell it. */
export type Problem = { readonly code: string; readonly message: string }

/** Reads code and message of what a call was rejected with; the shelf's script has another `RecError` class than the drop-in's. */
export function problemOf(thrown: unknown): Problem {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'internal'
  return { code, message }
}

/** What the developer of the page can do; shown on localhost only. */
const ADVICE: Readonly<Record<string, string>> = {
  'config-invalid': 'Correct the attribute of the script tag (or the option) that the message names.',
  'edge-unreachable':
    'Start the edge with `npx pocketshelf dev`, or correct data-edge; a Content-Security-Policy must list it in connect-src.',
  'edge-misconfigured': 'Something else answers at data-edge. Point it at the address that `pocketshelf serve` prints.',
  'pointer-malformed': 'Something else answers at data-edge. Point it at the address that `pocketshelf serve` prints.',
  'release-missing':
    'Publish one: `npx pocketshelf build … --out DIR`, then `npx pocketshelf publish DIR`. Check data-site and data-channel.',
  'signature-invalid': 'Copy the public key that `npx pocketshelf keys` prints into data-keys.',
  'signature-unsupported': 'Open the page over https or on localhost, in a browser that knows Ed25519.',
  'manifest-version': 'The script is older than the release: update pocketshelf.js.',
  'model-mismatch': 'The script is older than the release: update pocketshelf.js.',
  'engine-unavailable':
    "Allow in the Content-Security-Policy: worker-src blob:; script-src 'wasm-unsafe-eval'; connect-src with the script’s origin.",
} satisfies Partial<Record<ErrorCode, string>>

/** Explains a misconfiguration inside the shelf: the code, what happened, what to do, and the values in use. */
export function createFixIt(error: Problem, { settings }: Recommender): HTMLElement {
  const rows = 'engine' in settings ? [settings.engine.edge, settings.engine.site, settings.engine.channel] : []
  return make(
    'div',
    { part: 'fix-it', class: 'fix', role: 'alert' },
    make('strong', {}, `Pocketshelf: ${error.code}`),
    make('p', {}, error.message),
    make('p', {}, ADVICE[error.code] ?? 'Look this code up in docs/errors.md.'),
    rows.length > 0 && make('p', {}, make('small', {}, `edge ${rows[0]} · site ${rows[1]} · channel ${rows[2]}`)),
    make(
      'p',
      {},
      make('small', {}, 'Only localhost sees this box; elsewhere the fallback stays and rec-error tells the page.'),
    ),
  )
}
