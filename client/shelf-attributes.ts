/** Attributes of `<pocket-shelf>` that make another list. */
export const REQUEST_ATTRIBUTES = [
  'scene',
  'item',
  'items',
  'count',
  'category',
  'exclude',
  'min-price',
  'max-price',
  'diversity',
] as const

/** Attributes that only change how a list looks. */
export const LOOK_ATTRIBUTES = ['link', 'empty', 'layout', 'more'] as const
