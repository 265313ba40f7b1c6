import { expect, test } from 'vitest'
import { cutHistories } from './cut-histories.ts'

const LOG = `userId,movieId,rating,timestamp
a,1,4,70
b,9,5,10
a,2,4,60
a,3,4,50
a,4,4,40
a,5,4,30
a,6,4,20
a,7,4,10
`

test('cuts each history by time into people of their own and leaves out what is too short', () => {
  expect(cutHistories(LOG, 5)).toBe(`userId,movieId,rating,timestamp
1,7,4,10
1,6,4,20
1,5,4,30
1,4,4,40
1,3,4,50
`)
  const doubled = `${LOG}a,8,4,8\na,10,4,9\na,11,4,7\n`
  expect(
    cutHistories(doubled, 5)
      .split('\n')
      .slice(1, 11)
      .map((line) => line.split(',').slice(0, 2).join()),
  ).toEqual(['1,11', '1,8', '1,10', '1,7', '1,6', '2,5', '2,4', '2,3', '2,2', '2,1'])
})

test('takes the order of the file where there are no times', () => {
  const lines = Array.from({ length: 12 }, (_, k) => `u,${k},5`)
  const cut = cutHistories(`user_id,book_id,rating\n${lines.join('\n')}\n`, 6)
  expect(cut.trimEnd().split('\n').slice(1)).toEqual(Array.from(lines, (_, k) => `${k < 6 ? 1 : 2},${k},5`))
})
