import { testReading } from './support/reads-ours.js'

testReading('pyzstd-0.16.2')
