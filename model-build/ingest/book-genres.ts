/** Families of shelf names, most specific first; a shelf may count for several. */
const FAMILIES: readonly (readonly [string, RegExp])[] = [
  ['Comics', /comic|graphic|manga/],
  ['Poetry', /poetry|poems|plays/],
  ["Children's", /child|kids|middle-grade|picture-book|juvenile/],
  ['Young adult', /^ya(-|$)|-ya$|young-adult|teen/],
  ['Science fiction', /sci-?fi|science-fiction|sciencefiction|cyberpunk|aliens|space|dystopia/],
  ['Fantasy', /fantasy|magic|dragon|witch|wizard|fairy/],
  ['Horror', /horror|ghost|creepy|vampire|gothic/],
  ['Mystery', /myster|detective|crime|murder|noir/],
  ['Thriller', /thriller|suspense|spy/],
  ['Romance', /romance|romantic|love-story|chick-lit/],
  ['Biography', /biograph|memoir|^bio-/],
  ['History', /^history|history$|-war$|^war$|world-war|military/],
  ['Philosophy', /philosoph|religio|christian|spiritual/],
  ['Psychology', /psycholog|self-help|sociology/],
  ['Business', /business|economics|politics|finance/],
  ['Science', /^science$|non-fiction-science|nature|math|physics/],
  ['Historical fiction', /historical|historic-/],
  ['Classics', /classic/],
  ['Non-fiction', /non-?fiction/],
  ['Literature', /literature|literary/],
  ['Contemporary', /contemporary|realistic/],
]

/** Shelves that say how, not what: they are no tags. */
const NOT_A_GENRE = /to-read|-read$|^read-|own|favorite|award|^fiction$|general/

/** Families that hold for almost everything, so that one shelf of a narrower family outweighs them. */
const BROAD = new Set(['Classics', 'Non-fiction', 'Literature', 'Contemporary', 'Young adult'])

/**
 * Chooses a category and tags from a book's shelves: the family most of its shelves belong to (broad ones count half, ties go to the narrower).
 * @param shelves - Lower-case shelf names with dashes, any order.
 * @returns Category ('Fiction' when no shelf helps) and all families, strongest first.
 */
export function classifyShelves(shelves: readonly string[]): { category: string; tags: string[] } {
  const useful = shelves.filter((shelf) => !NOT_A_GENRE.test(shelf))
  const votes = FAMILIES.map(([name, pattern], rank) => {
    const count = useful.filter((shelf) => pattern.test(shelf)).length
    return { name, rank, votes: BROAD.has(name) ? count / 2 : count }
  })
  const ranked = votes.filter((family) => family.votes > 0).sort((a, b) => b.votes - a.votes || a.rank - b.rank)
  return { category: ranked[0]?.name ?? 'Fiction', tags: ranked.map((family) => family.name) }
}
