import { DEVICE_FAULTS } from './faults/device-faults.ts'
import { WIRE_FAULTS } from './faults/wire-faults.ts'
import { testPromises } from './promises/promises.ts'
import { pageTest } from './support/page-test.ts'

// Chromium has tests of its own, of more faults and in more detail: network-faults, faults and storage-faults.
testPromises(pageTest, [...WIRE_FAULTS, ...DEVICE_FAULTS])
