import type { Manifest } from './manifest.ts'
import type { SignedPointer } from './pointer.ts'
import { sampleRef } from './samples.conformance.ts'

/** A manifest in which every field has content. */
export function sampleManifest(): Manifest {
  return {
    v: 1,
    site: 'demo-shop',
    release: '2026-11-20-3fa9c1',
    createdAt: '2026-11-20T10:00:00.000Z',
    newestAt: 1_795_000_000_000,
    itemCount: 4,
    itemNoEnd: 70_001,
    ordered: true,
    timed: true,
    locales: ['en', 'de'],
    currency: 'EUR',
    spaces: [
      {
        spaceId: 'ials-1',
        dim: 3,
        metric: 'ip',
        encoder: { type: 'ridge', alpha0: 0.1, reg: 0.003, nu: 1, itemCount: 4, ratio: 0.93 },
        scales: [0.01, 0.02, 0.03],
        gramian: sampleRef(1),
      },
    ],
    shardTable: sampleRef(2),
    directory: [{ prefixEnd: 65_536, ref: sampleRef(3) }],
    dictionaries: sampleRef(4),
    rankers: [{ layout: 1, onnx: sampleRef(5), trees: sampleRef(6) }],
    linearHead: { features: [0, 3], weights: [0.5, -0.25], bias: 0.125 },
    bilinear: null,
    voterRatio: 0.9,
    retrieval: {
      vector: 300,
      voters: 300,
      popular: 100,
      trending: 50,
      fresh: 50,
      graphMinItems: 30_000,
      efSearch: 500,
    },
    lists: [
      { scene: 'popular', items: [0, 7], halfLifeDays: null },
      { scene: 'trending', items: [300], halfLifeDays: 3.5 },
    ],
    rules: {
      maxPerCategory: 4,
      freshness: 0.1,
      diversity: 0.2,
      exploration: 0,
      seenDecay: 0.9,
      pins: [{ item: 7, position: 0, until: '2027-01-01' }],
      boosts: [{ category: 1, factor: 1.5 }],
    },
    tombstones: [300],
    experiments: [],
    feedback: null,
    gate: { 'ndcg@20': 0.25 },
    featureQuantiles: sampleRef(9),
  }
}

/** A pointer with a canary and a signature of the right form that nobody made. */
export function samplePointer(): SignedPointer {
  return {
    v: 1,
    site: 'demo-shop',
    channel: 'main',
    sequence: 65_537,
    manifest: 'ab'.repeat(32),
    canary: { manifest: 'cd'.repeat(32), share: 0.05 },
    issuedAt: '2026-11-20T10:00:00.000Z',
    keyId: 'AbC-_123',
    signature: 'A'.repeat(86),
  }
}
