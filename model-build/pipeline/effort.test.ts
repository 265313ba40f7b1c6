import { expect, test } from 'vitest'
import { clusteredLists, logFromLists } from '../train/synthetic-log.ts'
import { effortFor } from './effort.ts'

const small = logFromLists(clusteredLists({ users: 10, items: 40, clusters: 2, perUser: 5, seed: 1 }), 40)
const withUsers = (userCount: number) => ({ ...small, userCount })

test('a build of many users is quick unless it asks for more, and one of few is not quick unless it asks for less', () => {
  const quick = effortFor(withUsers(20_001), 'auto')
  expect(quick).toEqual(effortFor(small, 'quick'))
  expect(quick.triesMean).toBe(false)
  expect(effortFor(withUsers(20_000), 'auto')).toEqual(effortFor(withUsers(20_001), 'thorough'))
})

test('many users give many lists, of which some decide and judge; of few users all lists do', () => {
  expect(effortFor(withUsers(3_000), 'auto')).toMatchObject({
    listUsers: 3_000,
    rankerOnAll: true,
    decidingUsers: Number.POSITIVE_INFINITY,
  })
  expect(effortFor(withUsers(3_001), 'auto')).toMatchObject({
    listUsers: 8_000,
    rankerOnAll: false,
    decidingUsers: 2_000,
  })
})

test('logs of many rows are fitted fewer times, with as many lists', () => {
  const long = { ...withUsers(50_000), item: new Int32Array(2_000_001) }
  expect(effortFor(long, 'thorough')).toMatchObject({ folds: 1, listUsers: 8_000, triesMean: true })
})
