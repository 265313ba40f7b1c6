import { make } from '../dom.ts'

/** A part of the panel that can be folded. */
export function fold(title: string, isOpen: boolean, ...content: Node[]): HTMLElement {
  return make('details', { open: isOpen }, make('summary', {}, title), ...content)
}

/** Names and values. */
export function facts(rows: readonly (readonly [string, string | number])[]): HTMLElement {
  return make('dl', {}, ...rows.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, String(value))]))
}

/** A table with a heading for each column; the first cell of a row names it. */
export function table(head: readonly string[], rows: readonly (readonly (string | Node)[])[]): HTMLElement {
  const body = rows.map(([first = '', ...rest]) =>
    make('tr', {}, make('th', { scope: 'row' }, first), ...rest.map((cell) => make('td', {}, cell))),
  )
  const top = make('tr', {}, ...head.map((name) => make('th', { scope: 'col' }, name)))
  const scroll = { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': head.join(', ') }
  return make('div', scroll, make('table', {}, make('thead', {}, top), make('tbody', {}, ...body)))
}

/** A number short enough for a table. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–'
  return Math.abs(value) >= 100 || Number.isInteger(value) ? `${Math.round(value)}` : value.toPrecision(3)
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
