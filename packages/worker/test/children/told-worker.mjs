// Coffer's worker, which does what it is told by the test beside its work: ends the thread in one of the ways in which threads end.
import { BroadcastChannel } from 'node:worker_threads'

const channel = new BroadcastChannel('coffer-test-worker')
channel.addEventListener('message', ({ data }) => {
  if (data === 'exit') process.exit(3)
  if (data === 'throw') throw new Error('thrown inside')
  if (data === 'reject') void Promise.reject(new Error('rejected inside'))
})
channel.unref()

await import('../../dist/coffer-worker-node.js')
