/**
 * `npm run docs`: the documentation as a static site in dist/docs. The interface's pages come from the docstrings of the module, the rest
 * from docs/, the README and the changelog. Fails when a link leads nowhere or an exported thing is not described.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findBrokenLinks, type SitePage } from './docs/find-broken-links.ts'
import { type Chapter, renderPage, titleOf } from './docs/render-page.ts'
import { projectFiles, ROOT, readProjectFile } from './project-files.ts'
import { runStep } from './run-step.ts'

const OUT = join(ROOT, 'dist', 'docs')
const API = join(ROOT, '.cache', 'api')

/** Files that pages link to and that are no pages. */
const FILES = [
  'docs/measurements.json',
  'docs/openapi.json',
  'LICENSE',
  ...projectFiles().filter((file) => /^docs\/images\//.test(file)),
]

const CHAPTERS: readonly (readonly [string, RegExp])[] = [
  ['Start', /^(?:index|try|page|architecture|CHANGELOG)[.]html$/],
  ['Recipes', /^recipes\//],
  ['Moving', /^import\//],
  ['Running it', /^(?:edge|edge-.*|elsewhere|engine|evaluation|audit|preview|privacy|browsers|pages|errors)[.]html$/],
  ['Interface', /^api\//],
  ['Formats', /^formats\//],
  ['Decisions', /^decisions\//],
]

type Source = { readonly path: string; readonly markdown: string }

/** Types behind those that are described; their own pages would help nobody. */
const HIDDEN = ['Field', 'ERROR_CODES', 'EVENT_TYPES', 'SCENES', 'DeviceEvent', 'EngineOptions']

const TYPEDOC: Readonly<Record<string, string | readonly string[]>> = {
  plugin: 'typedoc-plugin-markdown',
  tsconfig: 'client/tsconfig.types.json',
  entryPoints: 'client/index.ts',
  out: API,
  readme: 'none',
  logLevel: 'Warn',
  intentionallyNotExported: HIDDEN,
}

const TYPEDOC_FLAGS = ['excludeInternal', 'excludePrivate', 'disableSources', 'treatWarningsAsErrors']
const TYPEDOC_LOOK = ['hideBreadcrumbs', 'hidePageHeader', 'flattenOutputFiles']

async function describeInterface(): Promise<boolean> {
  rmSync(API, { recursive: true, force: true })
  const values = Object.entries(TYPEDOC).flatMap(([name, value]) => [value].flat().flatMap((one) => [`--${name}`, one]))
  const flags = [...TYPEDOC_FLAGS, ...TYPEDOC_LOOK].flatMap((name) => [`--${name}`, 'true'])
  return (await runStep({ name: 'typedoc', args: ['node_modules/typedoc/bin/typedoc', ...values, ...flags] })) === 0
}

/** Every page's text, its links as they must be in the site. */
function readSources(): Source[] {
  const docs = projectFiles().filter((file) => /^docs\/.*[.]md$/.test(file))
  const pages = docs.map((file) => ({
    path: pathOf(file.slice('docs/'.length)),
    markdown: readProjectFile(file).replaceAll('](../CHANGELOG.md', '](CHANGELOG.md'),
  }))
  const readme = readProjectFile('README.md')
    .replace(/\]\(docs\//g, '](')
    .replace('](examples)', '](recipes/frameworks.html)')
    .replace(/\]\((formats|decisions)\)/g, ']($1/index.html)')
    .replace(/ ?<!-- claim: [\w.]+ -->/g, '')
  const api = readdirSync(API).map((file) => ({
    path: pathOf(`api/${file}`),
    markdown: readFileSync(join(API, file), 'utf8'),
  }))
  const first = { path: 'index.html', markdown: readme }
  return [
    first,
    { path: 'CHANGELOG.html', markdown: readProjectFile('CHANGELOG.md') },
    ...pages,
    decisionsIndex(docs),
    ...api,
  ]
}

function pathOf(file: string): string {
  return file.replace(/(^|\/)README[.]md$/, '$1index.md').replace(/[.]md$/, '.html')
}

function decisionsIndex(docs: readonly string[]): Source {
  const files = docs.filter((file) => file.startsWith('docs/decisions/'))
  const lines = files.map(
    (file) => `- [${titleOf(readProjectFile(file), file)}](${file.slice('docs/decisions/'.length)})`,
  )
  return { path: 'decisions/index.html', markdown: `# Decisions\n\n${lines.join('\n')}\n` }
}

function menuOf(sources: readonly Source[]): Chapter[] {
  return CHAPTERS.map(([title, pattern]) => ({
    title,
    pages: sources
      .filter(({ path }) => pattern.test(path))
      .map(({ path, markdown }) => ({ path, title: titleOf(markdown, path) })),
  }))
}

function writeSite(sources: readonly Source[]): SitePage[] {
  const menu = menuOf(sources)
  const listed = new Set(menu.flatMap(({ pages }) => pages.map(({ path }) => path)))
  for (const { path } of sources)
    if (!listed.has(path)) throw new Error(`${path} stands in no chapter of tools/build-docs.ts`)
  rmSync(OUT, { recursive: true, force: true })
  return sources.map(({ path, markdown }) => {
    const page = { path, html: renderPage(markdown, path, menu) }
    mkdirSync(dirname(join(OUT, path)), { recursive: true })
    writeFileSync(join(OUT, path), page.html)
    return page
  })
}

async function main(): Promise<void> {
  if (!(await describeInterface())) {
    process.exitCode = 1
    return
  }
  const pages = writeSite(readSources())
  const files = new Set(FILES.filter((file) => existsSync(join(ROOT, file))).map((file) => file.replace('docs/', '')))
  for (const file of FILES)
    if (files.has(file.replace('docs/', ''))) cpSync(join(ROOT, file), join(OUT, file.replace('docs/', '')))
  const broken = findBrokenLinks(pages, files)
  for (const link of broken) console.error(`a link leads nowhere: ${link}`)
  console.log(`${pages.length} pages in dist/docs, ${broken.length} broken links`)
  if (broken.length > 0) process.exitCode = 1
}

await main()
