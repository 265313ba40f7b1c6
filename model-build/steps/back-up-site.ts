import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RecError } from '#contract/errors'
import type { BackupRequest, StepIo, StepResult } from '../commands/requests.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import type { Backup, EdgeClient } from '../publish/edge-client.ts'
import { withEdge } from '../publish/with-edge.ts'

/** Calls under way at a time. */
const CONCURRENCY = 4

/** Body of `pocketshelf backup`: `backup.json` and `objects/<hash>`. */
export function backUpSite(request: BackupRequest, io: StepIo): Promise<StepResult> {
  return use(request, io, async (client) => {
    const backup = await client.backup()
    const hashes = objectsOf(backup)
    const dir = join(request.backupDir, 'objects')
    await mkdir(dir, { recursive: true })
    await inTurns(hashes, io.stage('fetch objects'), async (hash) => {
      const path = join(dir, hash)
      const bytes = await client.getObject(hash)
      await writeFile(path, bytes, { flag: 'wx' }).catch(unlessThere)
    })
    // Last: a backup without it is none.
    await writeFile(join(request.backupDir, 'backup.json'), `${JSON.stringify(backup)}\n`)
    const summary = { publications: backup.publications.length, objects: hashes.length }
    return { summary, lines: [`saved ${summary.publications} publications with ${summary.objects} objects`] }
  })
}

/** Body of `pocketshelf restore`. */
export function restoreSite(request: BackupRequest, io: StepIo): Promise<StepResult> {
  return use(request, io, async (client) => {
    const backup = await readBackup(request.backupDir)
    const missing = await client.missing(objectsOf(backup))
    await inTurns(missing, io.stage('send objects'), async (hash) =>
      client.putObject(hash, await readFile(join(request.backupDir, 'objects', hash))),
    )
    const summary = await client.restore(backup)
    return { summary, lines: [`restored ${summary.channels} channels with ${summary.publications} publications`] }
  })
}

async function use(
  request: BackupRequest,
  io: StepIo,
  act: (client: EdgeClient) => Promise<StepResult>,
): Promise<StepResult> {
  const config = await resolveConfig(request.configFile, request.overrides)
  return withEdge(request, { site: config.site.name, publicKey: null, signal: io.signal }, act)
}

const objectsOf = ({ publications }: Backup) => [...new Set(publications.flatMap(({ objects }) => objects))]

async function inTurns(
  hashes: readonly string[],
  onShare: (share: number) => void,
  act: (hash: string) => Promise<void>,
): Promise<void> {
  const queue = hashes.values()
  let done = 0
  const worker = async () => {
    for (const hash of queue) {
      await act(hash)
      onShare(++done / hashes.length)
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker))
}

async function readBackup(dir: string): Promise<Backup> {
  const text = await readFile(join(dir, 'backup.json'), 'utf8').catch((cause: unknown) => {
    throw new RecError(
      'input-missing',
      '--from holds no backup.json; give what `pocketshelf backup` wrote',
      {},
      { cause },
    )
  })
  try {
    return JSON.parse(text) as Backup // the edge checks it
  } catch (cause) {
    throw new RecError('input-malformed', 'backup.json is not JSON', {}, { cause })
  }
}

function unlessThere(thrown: unknown): void {
  if ((thrown as { code?: unknown }).code !== 'EEXIST') throw thrown // a system error has a code
}
