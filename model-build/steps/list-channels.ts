import type { ChannelRequest, StepIo, StepResult } from '../commands/requests.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import type { AuditPage, EdgeClient } from '../publish/edge-client.ts'
import { withEdge } from '../publish/with-edge.ts'

/** Body of `pocketshelf releases`. */
export async function listReleases(request: ChannelRequest, io: StepIo): Promise<StepResult> {
  const all = await ask(request, io, (client) => client.releases())
  const releases = all.filter(({ channel }) => channel === request.channel)
  const lines = releases.map(
    ({ publication, at, manifest, objects }) =>
      `publication ${publication}  ${at}  manifest ${manifest.slice(0, 12)}  ${objects} objects`,
  )
  return { summary: { releases }, lines: orNone(lines, `nothing was published on ${request.channel}`) }
}

/** Body of `pocketshelf channels`. */
export async function listChannels(request: ChannelRequest, io: StepIo): Promise<StepResult> {
  const channels = await ask(request, io, (client) => client.channels())
  const lines = channels.map(
    ({ channel, publication, live, steps }) =>
      `${channel}  publication ${publication}  step ${live}  signed: ${steps.join(', ')}`,
  )
  return { summary: { channels }, lines: orNone(lines, 'the site has no channel yet') }
}

/** Body of `pocketshelf changes`: the whole log, oldest first. */
export async function listChanges(request: ChannelRequest, io: StepIo): Promise<StepResult> {
  const changes = await ask(request, io, async (client) => {
    const all: AuditPage['entries'] = []
    for (let cursor = 0; ; ) {
      const page = await client.audit(cursor)
      if (page.entries.length === 0) return all
      all.push(...page.entries)
      cursor = page.cursor
    }
  })
  const lines = changes.map(({ at, action, fields }) => {
    const said = Object.entries(fields).map(([name, value]) => `${name} ${value}`)
    return `${at}  ${action}  ${said.join(', ')}`
  })
  return { summary: { changes }, lines: orNone(lines, 'nothing was changed yet') }
}

/** Body of `pocketshelf gc`. */
export async function collectObjects(request: ChannelRequest, io: StepIo): Promise<StepResult> {
  const { removed, kept } = await ask(request, io, (client) => client.collect())
  return { summary: { removed, kept }, lines: [`${removed} objects deleted, ${kept} needed`] }
}

async function ask<T>(request: ChannelRequest, io: StepIo, use: (client: EdgeClient) => Promise<T>): Promise<T> {
  const config = await resolveConfig(request.configFile, request.overrides)
  return withEdge(request, { site: config.site.name, publicKey: null, signal: io.signal }, use)
}

function orNone(lines: readonly string[], none: string): readonly string[] {
  return lines.length === 0 ? [none] : lines
}
