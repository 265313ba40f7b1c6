import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { RecError } from '#contract/errors'
import type { StepIo, StepResult, TryRequest } from '../commands/requests.ts'
import { resolveConfig } from '../config/resolve-config.ts'
import { ITEM_COLUMNS, type ItemRow, itemLine } from '../import/rows.ts'
import { withDatabase } from '../ingest/database.ts'
import { preparePage } from '../publish/page-files.ts'
import { replaceFile } from '../release/release-dir.ts'
import { type FoundCatalogue, loadCatalogue } from '../try/load-catalogue.ts'
import { tryPage } from '../try/try-page.ts'
import { type DevelopmentParts, serveDevelopment } from './serve-development.ts'

/** Name of the page below the edge's address. */
const PAGE = 'shelves.html'

/** Fewer items than this make poor shelves. */
const FEW_ITEMS = 12

/** Body of `pocketshelf try`: reads a catalogue wherever it is, and serves a page with shelves of it until a signal. */
export async function tryCatalogue(
  request: TryRequest,
  io: StepIo,
  parts: Pick<DevelopmentParts, 'preparePage'> = { preparePage },
): Promise<StepResult> {
  const config = await resolveConfig(request.configFile, request.overrides)
  const found = await withDatabase(config.input, (connection) =>
    loadCatalogue(request.source, {
      connection,
      signal: io.signal,
      maxPages: request.maxPages,
      onProgress: io.stage('read the catalogue'),
    }),
  )
  const first = checkFound(found, request, io)
  const name = nameOf(request.source)
  const file = await keepItems(join(request.dir, 'catalogues', name), found.items)
  const addPages: DevelopmentParts['addPages'] = async (dir, { site, keys }) => {
    const page = { site, publicKey: keys, source: shortName(request.source), items: found.items.size, first }
    await writeFile(join(dir, PAGE), tryPage(page))
  }
  const showShelves = (result: StepResult): StepResult => {
    const { url, ...rest } = result.summary
    const page = `${String(url)}${PAGE}`
    const head = [
      `${found.items.size} items; the shop is at ${String(url)}, its files are in ${join(request.dir, name)}.`,
    ]
    const summary = { url: page, shop: url, ...rest, kind: found.kind, items: found.items.size, refused: found.refused }
    return { summary, lines: [...head, 'Ctrl-C ends it. Your shelves:', page] }
  }
  const development = { ...request, interactions: [], items: [file], dataDir: undefined }
  const shown = { ...io, ready: (result: StepResult) => io.ready(showShelves(result)) }
  return showShelves(await serveDevelopment(development, shown, { ...parts, addPages }))
}

/** @returns The item that the page starts with. */
function checkFound(found: FoundCatalogue, { source, maxPages }: TryRequest, io: StepIo): TryFirst {
  const { items, refused, kind } = found
  if (items.size === 0) {
    const looked = kind === 'sitemap' ? ` in the first ${maxPages} pages; they need JSON-LD or og: tags` : ''
    throw new RecError('input-malformed', `${source} holds no item with an id${looked}`, { refused })
  }
  if (refused > 0) io.warn(`${refused} entries have no usable id and are left out`)
  if (items.size < FEW_ITEMS) io.warn(`only ${items.size} items: shelves will be short`)
  const rows = [...items.values()]
  const untitled = rows.filter(({ title }) => title === undefined).length
  if (untitled > 0) io.warn(`${untitled} of ${rows.length} items have no title`)
  const row = rows.find(({ title, image }) => title !== undefined && image !== undefined) ?? rows[0]
  return { id: row?.id ?? '', title: row?.title ?? row?.id ?? '' }
}

type TryFirst = { readonly id: string; readonly title: string }

/** An address as it is, a file without its folders. */
function shortName(source: string): string {
  return URL.canParse(source) ? source : basename(source)
}

/** Lower-case letters, digits and dashes of a file's or a site's name. */
function nameOf(source: string): string {
  const text = URL.canParse(source) ? new URL(source).hostname : basename(source).replace(/(?:\.\w+){1,2}$/, '')
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return name === '' || name === 'demo' || name === 'catalogues' ? 'own-catalogue' : name
}

/** Writes `items.csv`; the same items leave the file alone, so that the release of the last run is taken again. */
async function keepItems(dir: string, items: ReadonlyMap<string, ItemRow>): Promise<string> {
  const path = join(dir, 'items.csv')
  const text = `${ITEM_COLUMNS.join(',')}\n${Array.from(items.values(), itemLine).join('\n')}\n`
  await mkdir(dir, { recursive: true })
  if ((await readFile(path, 'utf8').catch(() => '')) !== text) await replaceFile(path, text)
  return path
}
