/** The page's own list inside a shelf: rows that may be put in another order. */
export type OwnList = { readonly ids: readonly string[]; readonly rowOf: ReadonlyMap<string, Element> }

/** Finds the elements with `data-item-id` among an element's children, and the rows of the list they stand in. */
export function readOwnList(host: Element): OwnList {
  const entries = [...host.querySelectorAll<HTMLElement>('[data-item-id]')]
  let list: Element | null = entries[0]?.parentElement ?? null
  while (list && list !== host && !entries.every((entry) => list?.contains(entry))) list = list.parentElement
  const rowOf = new Map<string, Element>()
  for (const entry of entries) {
    let row: Element = entry
    while (row.parentElement && row.parentElement !== list) row = row.parentElement
    const id = entry.dataset.itemId ?? ''
    if (!rowOf.has(id)) rowOf.set(id, row)
  }
  return { ids: [...rowOf.keys()], rowOf }
}

/** Puts rows in the order of these ids; what is not named keeps its order behind them. Whatever else stands in the list stays where it is. */
export function reorder({ ids, rowOf }: OwnList, wanted: readonly string[]): void {
  const order = [...wanted, ...ids.filter((id) => !wanted.includes(id))]
  const rows = [...new Set(order.flatMap((id) => rowOf.get(id) ?? []))]
  const parent = rows[0]?.parentElement
  if (!parent || rows.some((row) => row.parentElement !== parent)) return
  const inOrder = [...parent.children].filter((child) => rows.includes(child))
  if (inOrder.every((row, i) => row === rows[i])) return
  const marks = inOrder.map((row) => {
    const mark = document.createComment('')
    row.replaceWith(mark)
    return mark
  })
  for (const [i, mark] of marks.entries()) mark.replaceWith(rows[i] ?? mark)
}
