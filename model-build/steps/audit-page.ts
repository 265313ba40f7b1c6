import { type Breach, findBreaches } from '../audit/find-breaches.ts'
import type { Observation, SentRequest } from '../audit/observation.ts'
import { watchPage } from '../audit/watch-page.ts'
import { EXIT } from '../commands/output.ts'
import type { AuditRequest, StepIo, StepResult } from '../commands/requests.ts'

/** Body of `pocketshelf audit`: what a page sent and stored, and which of our promises that breaks. */
export async function auditPage(request: AuditRequest, io: StepIo): Promise<StepResult> {
  io.stage('watch the page')
  const seen = await watchPage({ ...request, signal: io.signal })
  const breaches = findBreaches(seen)
  if (seen.use.shelves === 0 && seen.use.edges.length === 0) io.warn('this page does not seem to use Pocketshelf')
  else if (seen.use.cards === 0) io.warn('no shelf was filled while the page was watched; see --wait')
  const { cookies, storage, ...rest } = seen
  const summary = {
    ...rest,
    isKept: breaches.length === 0,
    breaches,
    totals: totalsOf(seen),
    cookies: cookies.map(({ value: _, ...cookie }) => cookie),
    storage: storage.map(({ local, session, ...other }) => ({
      ...other,
      local: local.map(hideValue),
      session: session.map(hideValue),
    })),
  }
  return { summary, lines: linesOf(seen, breaches), exitCode: breaches.length === 0 ? EXIT.ok : EXIT.gateRefused }
}

function hideValue({ key, bytes }: { readonly key: string; readonly bytes: number }) {
  return { key, bytes }
}

function totalsOf({ requests }: Observation) {
  const sum = (pick: (request: SentRequest) => number) => requests.reduce((total, request) => total + pick(request), 0)
  return {
    requests: requests.length,
    sentBytes: sum(({ bodyBytes }) => bodyBytes),
    receivedBytes: sum(({ receivedBytes }) => receivedBytes),
  }
}

function linesOf(seen: Observation, breaches: readonly Breach[]): string[] {
  const totals = totalsOf(seen)
  return [
    `${seen.url} (${seen.title}), watched for ${seen.seconds.toFixed(0)} s: ${seen.use.shelves} shelves with ${seen.use.cards} cards`,
    `${totals.requests} requests, ${kilobytes(totals.receivedBytes)} received, ${totals.sentBytes} bytes of bodies sent`,
    ...hostLines(seen),
    ...seen.requests.filter(({ bodyBytes }) => bodyBytes > 0).map(bodyLine),
    seen.cookies.length === 0
      ? 'no cookies'
      : `cookies: ${seen.cookies.map(({ name, bytes }) => `${name} (${bytes} B)`).join(', ')}`,
    ...seen.storage.map(
      ({ origin, local, session, databases, caches }) =>
        `stored by ${origin}: ${[...local, ...session].map(({ key, bytes }) => `${key} (${bytes} B)`).join(', ') || 'no keys'}; ` +
        `databases ${databases.join(', ') || 'none'}; caches ${caches.join(', ') || 'none'}`,
    ),
    ...breaches.map(
      ({ rule, promise, what, count }) => `BREACH ${rule}: ${what}${count > 1 ? ` (${count} times)` : ''}. ${promise}`,
    ),
    breaches.length === 0 ? 'No promise is broken.' : `${breaches.length} breaches.`,
  ]
}

/** A line for each origin: how much, of which kinds. */
function hostLines({ requests, use }: Observation): string[] {
  const origins = Map.groupBy(requests, ({ url }) => new URL(url).origin)
  return Array.from(origins, ([origin, sent]) => {
    const kinds = Object.entries(Object.groupBy(sent, ({ kind }) => kind)).map(
      ([kind, list]) => `${list?.length} ${kind}`,
    )
    const received = sent.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0)
    return `  ${origin}${use.edges.includes(origin) ? ' (edge)' : ''}: ${kinds.join(', ')}; ${kilobytes(received)}`
  })
}

function bodyLine({ method, url, bodyBytes, body }: SentRequest): string {
  return `  sent ${bodyBytes} bytes: ${method} ${url.slice(0, 120)} ${body.slice(0, 120).replace(/[^\x20-\x7e]+/g, ' ')}`
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}
