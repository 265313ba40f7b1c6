import type { Context, Hono } from 'hono'
import { epochOf } from '#contract/feedback/plan'
import { PRESETS } from '#contract/feedback/presets'
import { decodeReport, REPORT_BYTES } from '#contract/feedback/report'
import { isSeedOf } from '#contract/feedback/seeds'
import { isSiteName } from '#contract/limits'
import { publicEmpty } from './answers.ts'
import { networkPrefix } from './network-prefix.ts'
import { PlanIndex } from './plan-index.ts'
import type { EdgeDeps } from './ports.ts'

/**
 * Takes reports of devices, section 9 of the privacy specification. Every request gets the same answer, whatever became of it, and none is
 * counted or logged: neither address nor time nor seed outlives the call.
 */
export function addReportRoute(app: Hono, deps: EdgeDeps): void {
  const plans = new PlanIndex(deps)
  app.post('/v1/sites/:site/r', async (c) => {
    // What goes wrong here is nobody's business: the device does not try again, and a log line would have a time.
    await take(c, deps, plans).catch(() => undefined)
    return publicEmpty(204)
  })
}

async function take(c: Context, deps: EdgeDeps, plans: PlanIndex): Promise<void> {
  const header = (name: string): string | undefined => deps.host.header(c.req.raw, c.env, name)
  if (header('sec-gpc') === '1' || header('dnt') === '1') return
  const site = c.req.param('site') ?? ''
  if (!isSiteName(site)) return
  const bytes = await readReport(c.req.raw, header('content-length'))
  const report = bytes === null ? null : decodeReport(bytes)
  if (report === null) return
  const found = await plans.find(site, report.planTag)
  const question = found?.plan.questions.find(({ qid }) => qid === report.qid)
  if (found === undefined || question === undefined || !isSeedOf(question.type, report.seed)) return
  const epoch = epochOf(deps.clock.now())
  // A report may arrive a week after it was written.
  if (epoch < found.plan.epochFrom || epoch > found.plan.epochTo + 1) return
  const { type, size } = question
  const shape = { type, size, epsilon: PRESETS[found.plan.preset].epsilon }
  const network = networkPrefix(deps.host.clientAddress(c.req.raw, c.env))
  await deps.sums.take({ site, plan: found.hash, epoch, qid: question.qid, shape, seed: report.seed }, network)
}

/** The body, when it has exactly the size of a report; no more than that is kept of a longer one. */
async function readReport(request: Request, declared: string | undefined): Promise<Uint8Array | null> {
  if (declared !== undefined)
    return Number(declared) === REPORT_BYTES ? new Uint8Array(await request.arrayBuffer()) : null
  const reader = request.body?.getReader()
  if (reader === undefined) return null
  const bytes = new Uint8Array(REPORT_BYTES)
  for (let size = 0; ; ) {
    const { done, value } = await reader.read()
    if (done) return size === REPORT_BYTES ? bytes : null
    if (size + value.length > REPORT_BYTES) {
      await reader.cancel().catch(() => undefined)
      return null
    }
    bytes.set(value, size)
    size += value.length
  }
}
