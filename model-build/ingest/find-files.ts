import { existsSync, globSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { RecError } from '#contract/errors'

/** The input files of a build: log files in the order they happened, items files, and goodbooks' genres when they lie beside. */
export type InputFiles = {
  readonly interactions: readonly string[]
  readonly items: readonly string[]
  readonly genres: string | undefined
}

const KINDS = ['csv', 'tsv', 'jsonl', 'ndjson', 'parquet', 'csv.gz', 'jsonl.gz']

/**
 * Expands paths and glob patterns, in argument order and alphabetically within a pattern.
 * @throws RecError `input-missing` for a path or pattern that matches no file.
 */
export function expandFiles(patterns: readonly string[]): string[] {
  const files = patterns.flatMap((pattern) => {
    if (existsSync(pattern) && statSync(pattern).isFile()) return [pattern]
    const found = globSync(pattern)
      .filter((path) => statSync(path).isFile())
      .sort()
    if (found.length === 0) throw new RecError('input-missing', `no file matches ${pattern}`)
    return found
  })
  return [...new Set(files)]
}

/**
 * Finds the input files of a data directory by their names: `interactions.*` with `items.*`, else `ratings.*` with `movies.*` or `books.*`.
 * @throws RecError `input-missing` when the directory holds none of them, or is no directory.
 */
export function findDataFiles(dir: string): InputFiles {
  if (!existsSync(dir)) throw new RecError('input-missing', `there is no directory ${dir}`)
  const interactions = firstNamed(dir, ['interactions', 'events', 'ratings'])
  const items = firstNamed(dir, ['items', 'movies', 'books'])
  if (interactions === undefined && items === undefined) {
    throw new RecError(
      'input-missing',
      `${dir} holds neither interactions.* or ratings.* nor items.*, movies.* or books.*`,
    )
  }
  return {
    interactions: interactions === undefined ? [] : [interactions],
    items: items === undefined ? [] : [items],
    genres: items === undefined ? undefined : findGenres(items),
  }
}

/** Goodbooks keeps genres in `book_genres.csv` beside `books.csv`; undefined when it is not there. */
export function findGenres(itemsFile: string): string | undefined {
  const path = join(dirname(itemsFile), 'book_genres.csv')
  return /(^|[\\/])books\.csv$/.test(itemsFile) && existsSync(path) ? path : undefined
}

function firstNamed(dir: string, names: readonly string[]): string | undefined {
  for (const name of names) {
    for (const kind of KINDS) if (existsSync(join(dir, `${name}.${kind}`))) return join(dir, `${name}.${kind}`)
  }
  return undefined
}
